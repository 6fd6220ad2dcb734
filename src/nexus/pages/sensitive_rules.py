"""What keys, tokens and passwords look like, and what only stands for one: the rules of `nexus.pages.sensitive`.

The shapes of keys are those of bc-detect-secrets, and ours for what that does not know. A shape is a regular expression
that is looked for in pieces of a bounded length, so that no text takes more than linear time.
"""

import base64
import binascii
import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from detect_secrets.filters.heuristic import is_sequential_string
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

#: Characters of a key.
_SHORTEST = 16


class Shape(NamedTuple):
    """How a key of some service looks. The key itself is the last group that took part, or the whole match."""

    service: str
    pattern: re.Pattern[str]


def _of(service: str, pattern: str) -> Shape:
    return Shape(service, re.compile(rf"(?<![\w-]){pattern}(?![\w-])"))


def _patterns(detector: type[RegexBasedDetector]) -> Iterable[re.Pattern[str]]:
    found: Iterable[re.Pattern[str]] = detector.__dict__["denylist"]
    return found


_KEPT: Mapping[str, type[RegexBasedDetector]] = {
    "Amazon": AWSKeyDetector, "Discord": DiscordBotTokenDetector,
    "GitHub": GitHubTokenDetector, "Mailchimp": MailchimpDetector, "npm": NpmDetector, "SendGrid": SendGridDetector,
    "Slack": SlackDetector, "Square": SquareOAuthDetector, "Stripe": StripeDetector, "Twilio": TwilioKeyDetector,
}  # fmt: skip
#: Every shape. Of an assignment `AccountKey=` the value alone says nothing: those are found by their names, below.
SHAPES: Sequence[Shape] = (
    *(Shape(service, pattern) for service, detector in _KEPT.items() for pattern in _patterns(detector)),
    _of("GitHub", r"github_pat_[A-Za-z0-9_]{60,90}"),
    _of("GitLab", r"gl(?:pat|dt|ptt|rt|agent|oas|cbt|ft|imt|soat)-[A-Za-z0-9_-]{20,60}"),
    _of("Google", r"AIza[A-Za-z0-9_-]{35}"),
    _of("Google", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    _of("Google", r"ya29\.[A-Za-z0-9_-]{20,300}"),
    _of("OpenAI", r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,200}"),
    _of("OpenAI", r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    _of("Anthropic", r"sk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{80,120}"),
    _of("OpenRouter", r"sk-or-v1-[0-9a-f]{64}"),
    _of("Hugging Face", r"hf_[A-Za-z]{34}"),
    _of("PyPI", r"pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    _of("DigitalOcean", r"do[opr]_v1_[a-f0-9]{64}"),
    _of("Shopify", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _of("Stripe", r"(?:[sr]k_live|whsec)_[A-Za-z0-9]{16,100}"),
    _of("Paystack", r"sk_live_[a-f0-9]{40}"),
    _of("Chapa", r"CHASECK(?:_TEST)?-[A-Za-z0-9]{32}"),
    _of("Flutterwave", r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}-X"),
    _of("Slack", r"xapp-\d-[A-Z0-9]{8,12}-\d{8,14}-[a-f0-9]{40,70}"),
    _of("Telegram", r"\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    _of("Doppler", r"dp\.(?:pt|st|ct|scim|audit)\.[A-Za-z0-9._-]{40,60}"),
    _of("Supabase", r"sb(?:p|_secret)_[A-Za-z0-9_-]{20,60}"),
    _of("Groq", r"gsk_[A-Za-z0-9]{52}"),
    _of("Grafana", r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}"),
    _of("Linear", r"lin_api_[A-Za-z0-9]{40}"),
    _of("Notion", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{46})"),
    _of("Postman", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _of("Nexus", r"nx[a-z]_[A-Za-z0-9_-]{30,80}"),
)
#: What begins a token that tells who asks (RFC 7519): a header in JSON, in base64url.
_JWT = re.compile(
    r"(?<![\w.-])(eyJ[A-Za-z0-9_-]{10,400})\.(eyJ[A-Za-z0-9_-]{4,4000})\.([A-Za-z0-9_-]{16,800})(?![\w-])"
)
#: A token that documents show to explain what one is.
_SHOWN = ("eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI", "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b")
_STANDS_FOR = re.compile(
    r"example|sample|dummy|placeholder|your|change.?me|replace|insert|x{4}|\*{3}|\.{3}|…|[<>{}$]|todo|redacted|secret|"
    r"passw|pass(?:\b|\d)|p@ss|test|demo|foo|bar(?:\b|\d)|admin|user|guest|root|qwert|letmein|welcome|hunter2|mykey|"
    r"(?:my|the|some|any|new|old|app|api|db|django|jwt|super|strong|secure|long|random|generated?)[-_ ]|[-_]here|1234|abcd|"
    r"0000|1111|token|apikey|api[-_]key|access|bearer|string|value|null|none|true|false|undefined|env\b|config|fake|mock",
    re.IGNORECASE,
)
#: Of a key in a service's own shape less has to be said for it to be none: its letters are chance, and may spell "foo".
_KEY_STANDS_FOR = re.compile(
    r"example|placeholder|your|change.?me|replace|x{5}|\*{3}|\.{3}|1234567|abcdef|redacted|0{8}", re.IGNORECASE
)
#: Names that a secret is given by, and what may follow them up to the value.
_NAME = re.compile(
    r"passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|"
    r"auth[_-]?key|encryption[_-]?key|signing[_-]?key|authorization",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"""[\w-]{0,40}["'`\]]{0,2}[ \t]{0,8}(?::=|=>|:|=)[ \t]{0,8}(?P<quote>["'`]?)(?:(?:Bearer|Token|Basic)[ ])?"""
    r"""(?P<value>[^\s"'`,;<>(){}\[\]|\\]{8,300})(?P<end>["'`]?)"""
)
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:[.:/-]+[A-Za-z_$][\w$]*)*[.:]?|https?://.*|[./~@#&%].*|\d[\d.,:-]*%?")
#: RFC 7468: a private key's first line; what follows within so many characters is its body, unless it is cut short.
_PEM, _BODY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----"), re.compile(r"[A-Za-z0-9+/]{40,}")
_BODY_WITHIN = 500
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_SYMBOLS = re.compile(r"[^A-Za-z0-9]")


def jwts(line: str) -> list[tuple[int, int]]:
    """Where signed tokens stand in a line."""
    return [found.span() for found in _JWT.finditer(line) if _is_header(found[1]) and not _is_shown(found[0])]


def _is_shown(value: str) -> bool:
    return any(shown in value for shown in _SHOWN)


def _is_header(part: str) -> bool:
    try:
        told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(told, dict) and "alg" in told


def keys(line: str) -> list[tuple[str, int, int]]:
    """(service, start, end) of what has the shape of a service's key."""
    found = []
    for service, pattern in SHAPES:
        for match in pattern.finditer(line):
            start, end = match.span(_group(match))
            if not stands_for_key(line[start:end]):
                found.append((service, start, end))
    return found


def private_keys(text: str) -> list[tuple[int, int]]:
    """Where private keys stand in a text, from their first line into their body."""
    found = []
    for begins in _PEM.finditer(text):
        body = _BODY.search(text[begins.end() : begins.end() + _BODY_WITHIN].partition("-----")[0])
        if body and not stands_for_key(body[0]):
            found.append((begins.start(), begins.end() + body.end()))
    return found


def _group(match: re.Match[str]) -> int:
    """Which part of a match is the key: some shapes put in brackets what stands around it, or only how it begins."""
    last = match.lastindex or 0
    return last if last and match.end(last) - match.start(last) >= _SHORTEST else 0


def assigned(line: str) -> list[tuple[int, int]]:
    """Where a line gives a value to what is called a password, secret, token or key, and the value looks like one."""
    found = []
    at = 0
    while name := _NAME.search(line, at):
        at = name.end()
        match = _VALUE.match(line, at)
        if match and (match["quote"] == match["end"] or not match["quote"]) and is_strong(match["value"]):
            found.append(match.span("value"))
            at = match.end()
    return found


def is_strong(value: str) -> bool:
    """Whether a value can be a real secret: of several kinds of characters, and neither a word, nor code, nor an example."""
    if _CODE.fullmatch(value) and not _is_random(value):
        return False
    if stands_for(value):
        return False
    kinds = [bool(re.search(kind, value)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")]
    if len(_SYMBOLS.findall(value)) > len(value) // 2:
        return False
    return sum(kinds) >= 3 or (len(value) >= 16 and kinds[2] and sum(kinds) >= 2 and _variety(value) >= 8)


def _is_random(value: str) -> bool:
    """Whether a name-like value is too much of a jumble to be one: its words are a letter or two long."""
    pieces = _PIECES.findall(value)
    return bool(pieces) and any(piece.isdigit() for piece in pieces) and len(value) / len(pieces) <= 2.4


def stands_for(value: str) -> bool:
    """Whether a password is none, but stands where one goes."""
    said = f"{value} {_decoded(value)}"
    return bool(_STANDS_FOR.search(said)) or _variety(value) < 5 or is_sequential_string(value) or _is_shown(value)


def _decoded(value: str) -> str:
    """What is said in base64 (RFC 7617: "Basic" and a name with a password), else nothing."""
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except ValueError:
        return ""


@functools.lru_cache(maxsize=256)
def stands_for_key(value: str) -> bool:
    """Whether what has the shape of a key is an example of one."""
    return bool(_KEY_STANDS_FOR.search(value)) or _variety(value) < 6 or is_sequential_string(value) or _is_shown(value)


def _variety(value: str) -> int:
    return len(set(value))
