"""Every rule that finds something can be told to a reader."""

import re
from pathlib import Path

from nexus import markdown
from nexus.knowledge.reasons import REASONS, why


def test_every_rule_has_its_words():
    sources = "".join(path.read_text() for path in Path(markdown.__file__).parent.glob("*.py"))
    named = set(re.findall(r'reason(?:: str)? = "([a-z-]+)"|reason="([a-z-]+)"|0\.\d+, "([a-z-]+)"', sources))
    used = {name for names in named for name in names if name} | set(
        re.findall(r'found\.reason = .*"([a-z-]+)"', sources)
    )
    assert {"label-pair", "story", "listed-name", "table-row", "sub-heading"} <= used
    assert used <= REASONS.keys()


def test_a_doubtful_find_says_so():
    assert why("story", 0.5).startswith("Perhaps: ")
    assert why("label-pair", 0.95).startswith("Because ")
    assert why("not-a-rule", 0.9) == "Because of where it stands in the text."
