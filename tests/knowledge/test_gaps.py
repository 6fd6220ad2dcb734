"""What a text could still say: counted right, said in words, never more than three."""

from dataclasses import dataclass

import pytest

from nexus.knowledge.gaps import MAX_GAPS, gaps


@dataclass
class Said:
    kind: str
    solution: str | None = None
    error_text: str | None = None


TOLD = Said("challenge", "An index.", "OperationalError: timeout")
COMPLETE = [TOLD, Said("practice"), Said("technology"), Said("concept")]


@pytest.mark.parametrize(
    ("entries", "messages"),
    [
        ([], ["Nothing was recognised in this text."]),
        (COMPLETE, []),
        ([*COMPLETE, Said("challenge", "A retry.")], []),  # one of them says what was seen
        ([Said("challenge", "x")] * 4 + COMPLETE[1:], ["4 challenges, none says what you saw."]),
        ([Said("challenge", "x"), *COMPLETE[1:]], ["1 challenge, which does not say what you saw."]),
        ([*COMPLETE, Said("challenge"), Said("challenge")], ["2 challenges do not say how they were solved."]),
        (COMPLETE[1:], ["No challenge yet."]),
        ([TOLD, Said("technology"), Said("concept")], ["No practice yet."]),
        (
            [Said("challenge")],
            [
                "1 challenge, which does not say what you saw.",
                "1 challenge does not say how it was solved.",
                "No practice yet.",
            ],
        ),
    ],
)
def test_what_is_missing(entries, messages):
    found = gaps(entries)
    assert [gap.message for gap in found] == messages
    assert len(found) <= MAX_GAPS
    assert all(gap.remedy.endswith(".") for gap in found)
