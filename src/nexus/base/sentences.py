"""What the domain says to people: written once in English, said in the reader's language by the door that says it."""

from collections.abc import Callable
from typing import Self


class Sentence(str):
    """Words with `%(named)s` values: in English as a str, in another language by `translated`.

    The words are a literal where they are made, since gettext finds them there (docs/adr/0032); what is known only later
    is a value, which may be a Sentence itself. Where there are values a percent sign is `%%`.
    """

    __slots__ = ("msgid", "values")
    msgid: str
    values: dict[str, object]

    def __new__(cls, msgid: str = "", **values: object) -> Self:
        made = super().__new__(cls, msgid % values if values else msgid)
        made.msgid, made.values = msgid, values
        return made

    def translated(self, translate: Callable[[str], str]) -> str:
        """In the language of `translate` (gettext's); in English if the translation asks for values that are not there."""
        told = {k: v.translated(translate) if isinstance(v, Sentence) else v for k, v in self.values.items()}
        words = translate(self.msgid) if self.msgid else ""
        try:
            return words % told if told else words
        except (KeyError, TypeError, ValueError):
            return str(self)


NOTHING = Sentence()
