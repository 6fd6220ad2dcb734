"""The error message a challenge quotes: in a code block, in inline code, or in the sentence itself."""

import re
from collections.abc import Iterable

MAX_ERROR = 2_000
"""Characters kept of a quoted error."""

_ERROR = re.compile(
    r"Traceback \(most recent call last\)|\b[A-Za-z_.]*(?:Error|Exception|Warning|DoesNotExist|Failure)\b\s*(?::|\()|"
    r"\b(?:error|fatal|panic|ERROR|FATAL|npm ERR!)\s*(?:\[[^\]]*\])?:|\bexit(?:ed)?(?: with)?(?: status|"
    r" code)? [1-9]\d*|"
    r"\b(?:command not found|permission denied|no such file|connection refused|segmentation fault|core dumped|"
    r"cannot find module|"
    r"access denied|timed out|is not defined|undefined is not|out of memory|address already in use)\b|"
    r"\bE[A-Z]{4,}\b|\bORA-\d+|"
    r"\b(?:HTTP(?:/\d(?:\.\d)?)?\s+)?[45]\d\d (?:Bad|Unauthori[sz]ed|Forbidden|Not Found|Internal|Method|"
    r"Too Many|Service|Gateway)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{8,400})[\"”]|`([^`]{4,400})`")
_NAMED = re.compile(r"\b[A-Z][A-Za-z]*(?:Error|Exception|DoesNotExist)\b(?::[^.\n]{0,200})?")


def error_text_in(text: str, code_blocks: Iterable[str]) -> str | None:
    """The first quoted error, None when nothing quoted looks like one."""
    for code in code_blocks:
        if _ERROR.search(code):
            return code[:MAX_ERROR]
    for match in _QUOTED.finditer(text):
        quoted = match[1] or match[2]
        if _ERROR.search(quoted):
            return quoted
    named = _NAMED.search(text)
    return named[0].strip() if named else None
