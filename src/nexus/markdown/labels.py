"""The words that say which part of a challenge a piece of text is: labels, and the openings of a remedy."""

import re
from typing import Literal

Part = Literal["problem", "cause", "solution", "result", "error"]

_LABELS: dict[Part, str] = {
    "problem": (
        r"challenges?|problems?|issues?|description|difficulty|obstacle|situation|symptoms?|what happened|"
        r"the (?:challenge|problem|issue)"
    ),
    "cause": r"causes?|root causes?|reasons?|why(?: it happened)?|explanation|diagnosis",
    "solution": (
        r"solutions?|fix(?:es)?|resolutions?|resolved|remedy|workaround|approach|actions?(?: taken)?|"
        r"how (?:i|we) (?:solved|fixed|handled|overcame) (?:it|this)|what (?:helped|worked)|mitigation|implementation|"
        r"my solution|the (?:solution|fix)|solved(?: by)?|answer|response"
    ),
    "result": r"results?|outcomes?|impact|takeaways?|lessons?(?: learn(?:ed|t))?|learnings?|what i learned|benefits?",
    "error": r"errors?(?: messages?)?|exception|traceback|stack ?trace",
}
_LABEL_WORDS = "|".join(f"(?P<{part}>{words})" for part, words in _LABELS.items())
_AT_LINE_START = re.compile(
    rf"^[^\w(\[]*(?:{_LABEL_WORDS})(?:\s+(?:implemented|faced|applied|description|statement))?"
    r"\s*(?:#?\d{1,2})?\s*(?:[:：]|\s[-–—→]+\s|$)\s*",
    re.IGNORECASE,
)
_INSIDE_LINE = re.compile(
    r"(?:(?<=^)|(?<=[.!?;|)]\s)|(?<=[a-z0-9]\s))(?:Challenge|Problem|Issue|Cause|Root cause|Solution|Fix|"
    r"Resolution|Result|Outcome)\s?\d{0,2}\s?[:：]\s?"
)
_NUMBERED = re.compile(
    r"^[^\w(\[]*(?:challenge|problem|issue|difficulty|bug|error)s?\s*(?:#|no\.?)?\s*\d{0,2}\s*[:.\-–—)]+\s*(?=\S)",
    re.IGNORECASE,
)

_REMEDY_VERBS = """
    addressed adjusted adopted applied automated began broke built cached configured containeri[sz]ed created debugged
    defined deployed designed developed dockeri[sz]ed employed enforced ensured established fixed followed generated
    handled implemented improved integrated introduced isolated learned learning leveraged migrated mitigated moved
    normali[sz]ed offloaded optimi[sz]ed overcame practi[cs]ed reduced refactored relied replaced researched resolved
    restructured scheduled separated shared simplified solved split standardi[sz]ed started structured studied switched
    tackled tested updated upgraded used using utili[sz]ed validated wrote
"""
_REMEDY = re.compile(
    r"^[*_\"'(]*(?:to (?:overcome|address|solve|resolve|fix|tackle|mitigate|handle)\b|"
    r"(?:i|we|then i|so i|eventually,? i)?\s*(?:\w+ly\s+)?(?:set up|added|" + "|".join(_REMEDY_VERBS.split()) + r")\b|"
    r"(?:this|it|that|these) (?:was|were|is|got) (?:\w+ )?"
    r"(?:solved|resolved|fixed|addressed|handled|mitigated|overcome)|"
    r"the (?:solution|fix|remedy|answer)\b|what helped|"
    r"(?:solved|fixed|resolved|addressed|handled) (?:by|with|through|via)\b|"
    r"(?:learning|the [\w ]+) .*\b(?:lifesaver|easier|solved|helped)\b)",
    re.IGNORECASE,
)
_REMEDY_CLAUSE = re.compile(
    r"\s*(?:[;,]\s*|\s[-–—→]+>?\s|→\s*|\s)(?=(?:which (?:i|we) |(?:was |were )?"
    r"(?:solved|fixed|resolved|addressed|overcome|handled) (?:this )?(?:by|with|using|through)\b))",
    re.IGNORECASE,
)
_DASH = re.compile(r"\s[–—-]\s")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[A-Z\"'“(`])")
ARROW = re.compile(r"\s*(?:→|=>|->|⟶|➡️?)\s*")


def label_of(text: str) -> tuple[Part, str] | None:
    """The part a line's label names and the text after it, or None."""
    match = _AT_LINE_START.match(text)
    if match is None:
        return None
    part = next(part for part in _LABELS if match[part])
    rest = text[match.end() :]
    return (part, rest) if rest or text.rstrip()[-1:] in ":：" or len(text.split()) <= 3 else None


def labels_in(text: str) -> list[tuple[Part, str]]:
    """The labelled pieces of a line, in order; empty when it has no label."""
    starts = {match.start() for match in _INSIDE_LINE.finditer(text)}
    if label_of(text) is not None:
        starts.add(0)
    cuts = sorted(starts)
    pieces = (label_of(text[start:end].strip()) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=False))
    return [piece for piece in pieces if piece is not None]


def before_label(text: str) -> str:
    """A title that stands before the first label on the same line."""
    match = _INSIDE_LINE.search(text)
    return text[: match.start()].strip(" :-–—") if match is not None and label_of(text) is None else ""


def without_number(text: str) -> str:
    """A title without `Challenge 1:` in front."""
    return _NUMBERED.sub("", text)


def is_numbered(text: str) -> bool:
    """Whether a title begins with `Challenge 1:` or the like."""
    return _NUMBERED.match(text) is not None


def is_remedy(text: str) -> bool:
    """Whether a sentence begins to tell how something was solved."""
    return _REMEDY.match(text) is not None


def split_story(text: str) -> tuple[str, str]:
    """A running text as (problem, solution); the solution is empty where no remedy is told."""
    sentences = SENTENCE_END.split(text)
    for index, sentence in enumerate(sentences):
        if is_remedy(sentence):
            return " ".join(sentences[:index]), " ".join(sentences[index:])
    if (clause := _REMEDY_CLAUSE.search(text)) and clause.start() > 0:
        return text[: clause.start()].strip(), text[clause.end() :].strip()
    if (dash := _DASH.search(text)) and is_remedy(text[dash.end() :]):
        return text[: dash.start()].strip(), text[dash.end() :].strip()
    return text, ""
