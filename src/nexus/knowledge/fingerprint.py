"""One short string for one problem, however each person's terminal happened to show it.

`fingerprint(error_text)` finds the line that names the error in a traceback, log or shell output, takes out what
differs from person to person (paths, hosts, ports, ids, numbers, times, quoted values, colours), and hashes what is
left. Two people with the same problem get the same fingerprint; two problems get different ones. Pure, bounded, never
raises.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

MAX_INPUT = 20_000
"""Characters looked at: the first and last half of a longer text."""
MAX_MESSAGE = 300
"""Characters of the normalised message that count."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`digest` (16 hex digits) is what is compared; `error_class` and `message` are what it was made of, for people.

    `error_class` is the exception's or error's own name (`ModuleNotFoundError`, `ENOENT`, `ORA-00942`, `exit 137`),
    empty when the text names none; `message` is normalised.
    """

    digest: str
    error_class: str
    message: str


_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\ufeff]")
_PREFIX = re.compile(
    r"^(?:[>$#%❯➜»]\s+|[|│┃]\s?|E\s{2,}|!\s+|\d+\s*\|\s|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?\s*|"
    r"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?\s*|\[\d{1,3}/[A-Z][a-z]{2}/\d{4}[^\]]{0,30}\]\s*|"
    r"[A-Z][a-z]{2}\s+\d{1,2} \d\d:\d\d:\d\d \S{1,60}:?\s+|"
    r"[\w.\-]{1,60}-\d{1,3}\s+\|\s|\[?(?:pid|process|thread|tid)[ =:]?\d+\]?:?\s*|\[\d{1,10}\]:?\s+)+"
)
_LEVEL = re.compile(
    r"^(?:\[?(?:(?:ERROR|FATAL|CRITICAL|SEVERE|ERR|WARN(?:ING)?|PANIC)\]?\s*(?:[:\-|]\s*|\s+(?=[\w\[(]))|"
    r"(?:Error|Fatal)\]?\s*[:\-|]\s*)(?:\[[\w.\-/ ]{1,60}\]\s*[:\-]?\s*)?)+"
)
_JAVA_THREAD = re.compile(r'^Exception in thread "[^"]{0,200}"\s+')
_CLASS = re.compile(
    r"^(?:Uncaught |Unhandled |UnhandledPromiseRejectionWarning: |Caused by: |During handling.*?: |"
    r"\(node:\d+\) )*(?!UnhandledPromiseRejectionWarning)(?P<name>(?:[A-Za-z_$][\w$]{0,60}[.:\\]{1,2}){0,10}"
    r"[A-Z][\w$]{0,80}?(?:Error|Exception|Warning|Exit|Interrupt|DoesNotExist|Failure|Fault|NotFound|Invalid|Timeout|Refused|Denied|Exceeded))"
    r"(?: \[(?P<code>[A-Z][A-Z0-9_]{3,60})\])?(?:\s*[:(]|\s*$|\s-\s)\s*"
)
_DOTTED_CLASS = re.compile(r"^(?P<name>[a-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,60}){1,8}):\s+")
_CODES = re.compile(
    r"\b(?P<code>E(?:CONNREFUSED|CONNRESET|CONNABORTED|NOENT|ACCES|ADDRINUSE|PERM|TIMEDOUT|NOTFOUND|PIPE|RESOLVE|EXIST|ISDIR|"
    r"NOTEMPTY|MFILE|NOSPC|HOSTUNREACH|NETUNREACH|AI_AGAIN|PROTO|INVAL|NOTDIR|BUSY|404|403|JSONPARSE|LIFECYCLE|INTEGRITY|BADENGINE)\b|"
    r"ORA-\d{5}|TS\d{4,5}|CS\d{4}|E\d{4}|PG::\w{3,40}|SQLSTATE\[\w{5}\]|ERR_[A-Z_]{3,50}|P\d{4}(?=[:\s])|"
    r"[A-Z][A-Z0-9]{2,20}_[A-Z0-9_]{2,60}(?=:|$))"
)
_SQL_STATE = re.compile(r"^ERROR\s+(\d{4})\s+\((\w{5})\)")
_EXIT = re.compile(
    r"\b(?:exit(?:ed)?|returned|terminated|failed|finished)(?:\s+with)?(?:\s+(?:a\s+)?(?:non-zero\s+)?(?:exit\s+)?(?:status|code))*\s*:?=?\s*\(?(?P<code>[1-9]\d{0,2})\b",
    re.IGNORECASE,
)
_HTTP = re.compile(
    (
        r"\b(?:HTTP/\d(?:\.\d)?\s+|status(?: code)?[:= ]+|responded with(?: a)? |returned |"
        r"error )(?P<code>[45]\d\d)\b|^(?P<plain>[45]\d\d) [A-Z][a-z]"
    ),
    re.IGNORECASE,
)

_FRAME = re.compile(
    r"^\s*(?:at\s+\S.*|File \".*\", line \d+.*|\.{3}\s*\d+ more|Traceback \(most recent call last\).*|"
    r"goroutine \d+ \[.*|from .*:\d+:in .*|"
    r"\s*\^[\^~ ]*|[~^]+|\s*-->\s.*|stack traceback:|Stack trace:.*|"
    r"The above exception was the direct cause.*|During handling of the above exception.*|"
    r"note: .*|help: .*|For more information.*|Run with .*|npm (?:ERR!|error) (?:A complete log|code|errno|"
    r"syscall|path|dest|\s*/).*|\s*in \w+.*<module>.*)$",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"error|exception|fatal|panic|fail|denied|refused|not found|no such|cannot|can't|could not|couldn't|"
    r"unable|invalid|unexpected|undefined|"
    r"unknown|missing|timed? ?out|timeout|exceeded|conflict|already|forbidden|unauthori[sz]ed|segmentation|"
    r"killed|aborted|unresolved|does not exist|"
    r"not recognized|is not|unsupported|deadlock|violates|overflow|out of memory|oom",
    re.IGNORECASE,
)

# What differs between two people with the same problem, in the order it must be taken out.
_VARYING: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), to)
    for pattern, to, flags in (
        (r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s\"'<>)\]]{1,500}", "<url>", re.IGNORECASE),
        (r"(?<=\burl: )[^\s()]{1,300}", "<path>", 0),
        (r"\b[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}\b", "<mail>", 0),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?", "<time>", 0),
        (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?\b", "<time>", 0),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>", re.IGNORECASE),
        (r"\b0x[0-9a-f]{1,32}\b", "<hex>", re.IGNORECASE),
        (r"\b(?=[0-9a-f]{0,39}\d)(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,128}\b", "<hex>", re.IGNORECASE),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b", "<host>", 0),
        (r"\[(?=[^\]:]{0,4}:[^\]]{0,40}:)[0-9a-f:]{2,45}\](?::\d{1,5})?", "<host>", re.IGNORECASE),
        (r"(?<![\w:]):::\d{2,5}\b", "<host>", 0),
        (r"(?<![\w:])::1(?::\d{1,5})?(?!\w)", "<host>", 0),
        (r"\b(?:localhost|[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}):\d{2,5}\b(?!:\d)", "<host>", 0),
        (r"\blocalhost\b", "<host>", 0),
        (r"(?<![\w<])(?:[A-Za-z]:)?(?:\\{1,2}[\w.\-@+ ]{1,80}){2,40}", "<path>", 0),
        (r"(?<![\w<])(?:~|\.{1,2})?(?:/[\w.\-@+%$]{1,120}){2,60}/?", "<path>", 0),
        (r"(?<![\w<])(?:~|\.{1,2})/[\w.\-@+%$]{1,120}", "<path>", 0),
        (r"<path>(?::\d{1,7}){1,3}", "<path>", 0),
        (
            r"\b([\w\-]{1,80}\.(?:py|js|jsx|ts|tsx|java|go|rb|rs|c|cpp|h|cs|php|sql|sh|yml|yaml))(?::\d{1,7}){1,3}",
            r"\1",
            0,
        ),
        (
            (
                r"\b(line|lines|column|col|char|character|position|offset|pid|port|row|attempt|"
                r"after)([ :=#]{1,2})\d[\d,.]{0,15}"
            ),
            r"\1\2<n>",
            re.IGNORECASE,
        ),
        (
            r"(?<![\w.\-])[-+]?\d[\d,_]{0,30}(?:\.\d{1,30})?(?:e[-+]?\d{1,4})?(?=(?:[kmgtp]i?b|ms|µs|us|ns|s|min|h|%)?\b)",
            "<n>",
            re.IGNORECASE,
        ),
        (r"<n>(?:[kmgtp]i?b|ms|µs|us|ns|s|min|h|%)(?!\w)", "<n>", re.IGNORECASE),
        (r"(?<=[A-Za-z])_?\d{3,}(?!\w)", "<n>", 0),
    )
)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "`": "'", "«": '"', "»": '"'})
_QUOTED = re.compile(r"(['\"])((?:(?!\1)[^\n]){0,200})\1")
_SPACES = re.compile(r"\s+")
_TEST_NAME = re.compile(r"^FAILED \S+ - ")
# Who says it, and where, in front of what is said.
_SPEAKER = re.compile(
    r"^(?:(?:(?:-?bash|sh|zsh|fish|/bin/(?:ba|z)?sh|[^\s:]{1,60}\.sh)(?:: line \d+)?:\s*(?:\d+:\s*)?)|"
    r"(?:[\w./\\@\-]{1,200}(?:\(\d+,\d+\)|:\d+(?::\d+)?):?\s*(?:-\s*)?(?=(?:fatal |syntax )?(?:error|warning)\b))|"
    r"(?:[\w.\-]{1,30}:\s+(?=(?:error|fatal|panic)\b))|(?:npm (?:ERR!|error)\s+(?:code \S+$)?)|"
    r"(?:Error response from daemon:\s+)|(?:(?:\(node:\d+\) )?(?:UnhandledPromiseRejectionWarning|"
    r"Uncaught(?: \(in promise\))?):?\s+)|(?:(?:fatal |runtime )?(?:error|fatal|panic|"
    r"err)(?:\[[\w.\-]{1,20}\])?:\s+))+",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"^(?P<name>[\w.\-+]{1,60}): (?:command not found|not found)$|"
    r"^command not found: (?P<other>[\w.\-+]{1,60})$|^(?P<third>[\w.\-+]{1,60}) is not recognized as .*"
)
_KILLED = frozenset({"exit 137", "exit 139", "exit 143", "exit 130"})
_OWN_NAME = re.compile(
    r"\b(user|role|database|container|container name|host|hostname|server|bucket|email|account|for|volume|"
    r"network) '[^'<]{1,80}'(?:@'[^']{0,80}')?"
)

# libpq names the host as it was asked for and, where that was a name, the address it found.
_SERVER = re.compile(r"\b(server at) '[^']{1,200}'(?: \(<host>\))?")


def fingerprint(error_text: str) -> Fingerprint | None:
    """The fingerprint of an error message, traceback or log; None when the text has no line to go by."""
    text = _ANSI.sub("", _bounded(error_text))
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_QUOTES)
    line = _error_line([stripped for raw in text.split("\n") if (stripped := raw.strip())])
    if line is None:
        return None
    error_class, message = _named(line)
    normal = _normalised(message)
    if not error_class and not re.search(r"[^\W\d_]", normal.replace("<n>", "")):
        return None
    digest = blake2b(f"{error_class}\0{normal}".lower().encode(errors="replace"), digest_size=8).hexdigest()
    return Fingerprint(digest, error_class, normal)


def says_what_failed(text: str) -> bool:
    """Whether a text has words that error messages have; also sentences about something else may."""
    return _TELLING.search(_bounded(text)) is not None


def _bounded(text: str) -> str:
    if len(text) <= MAX_INPUT:
        return text
    return text[: MAX_INPUT // 2] + "\n" + text[-MAX_INPUT // 2 :]


def _error_line(lines: list[str]) -> str | None:
    """The line that says what went wrong, without prompts, times and log levels in front."""
    cleaned = [_PREFIX.sub("", line) for line in lines]
    candidates = [line for line in cleaned if line and not _FRAME.match(line)]
    if not candidates:
        return None
    if "Traceback (most recent call last)" in "\n".join(cleaned):
        # Python says it last; what is printed after the traceback is seldom a named error.
        named = [line for line in candidates if _class_of(_unlevelled(line))]
        if named:
            return named[-1]
    causes = [line for line in candidates if line.startswith("Caused by: ")]
    if causes:
        return causes[-1]
    for test in (lambda line: _class_of(_unlevelled(line)), _code_of, _TELLING.search):
        if (found := next((line for line in candidates if test(line)), None)) is not None:
            return found
    return candidates[-1] if len(candidates) == 1 else candidates[0]


def _unlevelled(line: str) -> str:
    line = _TEST_NAME.sub("", line)
    line = _JAVA_THREAD.sub("", line)
    bare = _LEVEL.sub("", line, count=1)
    return bare or line


def _class_of(line: str) -> tuple[str, int] | None:
    """The error's class without its package, and where the message begins."""
    match = _CLASS.match(line) or _DOTTED_CLASS.match(line)
    if match is None:
        return None
    name = re.split(r"[.:\\$]+", match["name"])[-1]
    return name, match.end()


def _code_of(line: str) -> tuple[str, int] | None:
    """The error's code, and where the message after it begins."""
    if state := _SQL_STATE.match(line):
        return f"SQL {state[1]}", state.end()
    if code := _CODES.search(line):
        return code["code"], code.end()
    return None


def _named(line: str) -> tuple[str, str]:
    """A line as (class or code, message)."""
    if state := _SQL_STATE.match(line):
        return f"SQL {state[1]}", line[state.end() :]
    bare = _SPEAKER.sub("", _unlevelled(line)) or line
    if missing := _NOT_FOUND.match(bare.replace("'", "")):
        return "", f"command not found: {missing['name'] or missing['other'] or missing['third']}"
    if found := _class_of(bare):
        name, end = found
        message = bare[end:]
        code = _code_of(message)
        return (f"{name} {code[0]}" if code else name), message
    if (code := _code_of(bare)) is not None:
        return code[0], bare[code[1] :]
    if (code := _code_of(line)) is not None:
        return code[0], bare
    if status := _HTTP.search(bare):
        return f"HTTP {status['code'] or status['plain']}", bare[status.end("code" if status["code"] else "plain") :]
    if exited := _EXIT.search(bare):
        name = f"exit {exited['code']}"
        return name, "" if name in _KILLED else bare
    return "", bare


def _normalised(message: str) -> str:
    for pattern, to in _VARYING:
        message = pattern.sub(to, message)
    message = _QUOTED.sub(lambda match: f"'{_quoted(match[2])}'", message)
    message = _OWN_NAME.sub(r"\1 '<name>'", message)
    message = _SERVER.sub(r"\1 '<host>'", message)
    return _SPACES.sub(" ", message).strip(" .:;,)(-").lower()[:MAX_MESSAGE]


def _quoted(value: str) -> str:
    """A quoted name says which problem it is (`No module named 'x'`); a quoted sentence, path or value does not."""
    if re.fullmatch(r"[A-Za-z_@][\w.\-/@:]{0,80}", value) and not value.startswith("<"):
        return value
    return "<value>" if not value.startswith("<") else value
