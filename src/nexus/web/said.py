"""The one place where a refusal is said in the reader's language."""

from django.utils.translation import gettext

from nexus.base.sentences import Sentence


def said(words: str) -> str:
    """A Sentence in the language of the request; other words as they are."""
    return words.translated(gettext) if isinstance(words, Sentence) else words
