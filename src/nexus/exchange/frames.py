"""Sentences on their way from `git_worker`, which knows no language, to the process that does."""

from typing import Any

from nexus.base.sentences import Sentence


def packed(sentence: Sentence) -> list[object]:
    """As JSON may carry it; `unpacked` makes it again."""
    values = {
        name: packed(value) if isinstance(value, Sentence) else str(value) for name, value in sentence.values.items()
    }
    return [sentence.msgid, values]


def unpacked(frame: Any) -> Sentence:
    """What `packed` was made of."""
    msgid, values = frame
    return Sentence(
        msgid, **{name: unpacked(value) if isinstance(value, list) else value for name, value in values.items()}
    )
