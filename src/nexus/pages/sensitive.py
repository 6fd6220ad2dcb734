"""What a text seems to hold that not everybody should read: keys, tokens, passwords, and what is personal of others.

    found = sensitive_in(text)      # [Suspect(kind="key", service="GitHub", line=3, start=42, end=82, value="ghp_...")]

A pure function of the text, in linear time. It errs on the side of silence: a README full of `your-secret-key` and
`user:password@localhost` says nothing. What it finds is shown and asked about, never taken out (nexus.pages.guard).
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from nexus.base.sentences import Sentence

#: Goes up with every change of what is found: texts that were looked through by other rules are looked through anew.
RULES = 1
#: The most that is told of one text.
MOST = 100
#: Longer lines are looked at in pieces of so many characters, each with the end of the one before; no key is longer.
PIECE, OVERLAP = 6_000, 1_000


class What(enum.StrEnum):
    """What something seems to be."""

    KEY = "key"
    TOKEN = "token"  # noqa: S105  a kind, no password
    PASSWORD = "password"  # noqa: S105
    PRIVATE_KEY = "private_key"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"


NAMES = {
    What.KEY: Sentence("a key"), What.TOKEN: Sentence("a signed token"), What.PASSWORD: Sentence("a password or secret"),
    What.PRIVATE_KEY: Sentence("a private key"), What.EMAIL: Sentence("somebody's e-mail address"),
    What.PHONE: Sentence("a telephone number"), What.CARD: Sentence("the number of a payment card"),
    What.IBAN: Sentence("the number of a bank account"),
}  # fmt: skip


class Suspect(NamedTuple):
    """Something in a text that looks as if it should not be shown.

    service: whose key it is, when its shape says so. line: from 1. start, end: characters of the text. value: what it is,
    for comparing, never for showing.
    """

    what: What
    service: str
    line: int
    start: int
    end: int
    value: str

    @property
    def masked(self) -> str:
        """The value as it may be shown to whoever wrote it: recognisable, and of no use to anybody else."""
        if self.what is What.PRIVATE_KEY:
            return "-----BEGIN … PRIVATE KEY-----"
        if self.what is What.EMAIL:
            name, _, domain = self.value.partition("@")
            return f"{name[:1]}…@{domain}"
        kept = 4 if len(self.value) >= 16 else 2 if len(self.value) >= 10 else 1
        return f"{self.value[:kept]}…{self.value[-2:] if len(self.value) >= 16 else ''}"

    @property
    def name(self) -> Sentence:
        """What it seems to be, in words."""
        return Sentence("a key of %(service)s", service=self.service) if self.service else NAMES[self.what]


def sensitive_in(text: str, *, own: Iterable[str] = ()) -> list[Suspect]:
    """What `text` seems to hold, by its place, at most MOST. own: e-mail addresses that are no secret to the writer."""
    mine = {address.casefold() for address in own}
    found = islice(_looked(text, _hints(text.encode("utf-8", "replace"))), 10 * MOST)
    others = [one for one in found if one.what is not What.EMAIL or one.value.casefold() not in mine]
    return _numbered(text, _apart(others)[:MOST])


def count_in(data: bytes) -> int:
    """How many suspects the UTF-8 text `data` holds: asked of every text that is stored, so it mostly reads no word."""
    looks = _hints(data)
    if not looks:
        return 0
    return len(_apart(list(islice(_looked(data.decode("utf-8", "replace"), looks), 10 * MOST)))[:MOST])


def _apart(found: list[Suspect]) -> list[Suspect]:
    """Each once, by its place: of two that overlap the one that begins first, or that more is known of."""
    kept: list[Suspect] = []
    for one in sorted(found, key=lambda one: (one.start, _ORDER[one.what], -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _numbered(text: str, found: list[Suspect]) -> list[Suspect]:
    line, at, numbered = 1, 0, []
    for one in found:
        line += text.count("\n", at, one.start)
        at = one.start
        numbered.append(one._replace(line=line))
    return numbered


_ORDER = {what: number for number, what in enumerate(What)}


class Look(NamedTuple):
    """Something to look for: in lines (and `beyond` characters behind them) in which `hint` is found."""

    hint: re.Pattern[str]
    find: Callable[[str], Iterable[tuple[What, str, int, int]]]
    beyond: int = 0


type Found = Iterator[tuple[What, str, int, int]]


# The rules are loaded when the first text gives reason to: with their libraries they take longer than the scan.
def _keys(line: str) -> Found:
    from nexus.pages import sensitive_rules as rules

    yield from ((What.KEY, *one) for one in rules.keys(line))
    yield from ((What.TOKEN, "", *one) for one in rules.jwts(line))


def _assigned(line: str) -> Found:
    from nexus.pages import sensitive_rules as rules

    return ((What.PASSWORD, "", *one) for one in rules.assigned(line))


def _addresses(line: str) -> Found:
    from nexus.pages import sensitive_people as people

    yield from ((What.PASSWORD, "", *one) for one in people.signed_in_urls(line))
    yield from ((What.EMAIL, "", *one) for one in people.addresses(line))


def _numbers(what: What) -> Callable[[str], Found]:
    def find(line: str) -> Found:
        from nexus.pages import sensitive_people as people

        finder = {What.PHONE: people.phones, What.CARD: people.cards, What.IBAN: people.ibans}[what]
        return ((what, "", *one) for one in finder(line))

    return find


def _private_key(text: str) -> Found:
    from nexus.pages import sensitive_rules as rules

    return ((What.PRIVATE_KEY, "", *one) for one in rules.private_keys(text))


#: What is in or shortly before a long word that has the shape of a key.
_SHAPED = (
    r"AKIA|ASIA|ABIA|ACCA|A3T|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|AIza|GOCSPX|ya29|[sr]k[-_]|whsec|hf_|npm_|"
    r"_authToken|NPM|pypi-|do[opr]_v1|shp[acps]|CHASECK|FLWSECK|xox|xapp|hooks\.slack|:AA|dp\.|sb[p_]|gsk_|glsa_|lin_api|"
    r"secret_|ntn_|PMAK|nx[a-z]_|sq0|EAAA|SG\.|SK[0-9a-f]|AC[0-9a-f]|-us\d|[MNO][A-Za-z\d_-]{23}|eyJ"
)
_SHAPES = Look(re.compile(_SHAPED), _keys)
_NAMES = Look(re.compile(r"passw|passphrase|pwd|secret|token|key|authorization", re.IGNORECASE), _assigned)
_ADDRESSES = Look(re.compile("@"), _addresses)
_PRIVATE = Look(re.compile("PRIVATE KEY"), _private_key, 600)
_PHONES = Look(re.compile(r"\+[\d(]"), _numbers(What.PHONE))
_CARDS = Look(re.compile(r"\d{4}[ -]?\d{4}"), _numbers(What.CARD))
_IBANS = Look(re.compile(r"[A-Z]{2}\d\d"), _numbers(What.IBAN))


# --- Whether it is worth a look: a few passes in C over all bytes ---------------------------------------------------

_WORDS = bytes(97 if (chr(n).isalnum() and n < 128) or n in b"_-" else 32 for n in range(256))
_LETTERS = bytes(48 if chr(n) in "0123456789" else 65 if 65 <= n <= 90 else 46 for n in range(256))
_RUN = b"a" * 20
_CALLED = (b"passw", b"passphrase", b"pwd", b"secret", b"token", b"key", b"authorization")
_ASSIGNED = re.compile(
    rb"(?:passw|passphrase|pwd|secret|token|key|authorization)[\w-]{0,40}[\"'`\]]{0,2}\s{0,8}(?:=|:)"
)
_CALLS = re.compile(rb"\+[\d(]")
_SHAPED_BYTES = re.compile(_SHAPED.encode())
#: How far before the word.
_BEFORE = 70


def _hints(data: bytes) -> list[Look]:
    """What it is worth to look for."""
    lower = data.lower()
    letters = data.translate(_LETTERS)
    asked: tuple[tuple[Look, bool], ...] = (
        (_SHAPES, _is_shaped(data)),
        (_NAMES, any(name in lower for name in _CALLED) and bool(_ASSIGNED.search(lower))),
        (_ADDRESSES, b"@" in data),
        (_PRIVATE, b"PRIVATE KEY" in data),
        (_PHONES, b"+" in data and bool(_CALLS.search(data))),
        (_CARDS, b"0" * 13 in data.translate(_LETTERS, b" -")),
        (_IBANS, b"AA00" in letters),
    )
    return [look for look, is_worth_it in asked if is_worth_it]


def _is_shaped(data: bytes) -> bool:
    words = data.translate(_WORDS)
    at = words.find(_RUN)
    while at >= 0:
        end = words.find(b" ", at)
        end = len(data) if end < 0 else end
        if _SHAPED_BYTES.search(data, max(at - _BEFORE, 0), end + 1):
            return True
        at = words.find(_RUN, end)
    return False


# --- The look -------------------------------------------------------------------------------------------------------


def _looked(text: str, looks: list[Look]) -> Iterator[Suspect]:
    for look in looks:
        last = -1
        for hint in look.hint.finditer(text):
            if hint.start() < last:
                continue
            first, last = _line_around(text, hint.start())
            for begin in range(first, last, PIECE - OVERLAP):
                piece = text[begin : min(begin + PIECE, last) + look.beyond]
                for what, service, start, end in look.find(piece):
                    yield Suspect(what, service, 0, begin + start, begin + end, piece[start:end])
                if begin + PIECE >= last:
                    break


def _line_around(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end
