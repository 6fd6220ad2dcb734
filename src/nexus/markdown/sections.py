"""What part a heading gives to the text below it.

Learners write 1,300 different headings for five chapters, so only word stems count, never whole headings. The level
of a heading says nothing about its part; nesting does: a heading without a part of its own takes that of the heading
above.
"""

import re
from functools import lru_cache
from typing import Literal

from nexus.markdown import vocabulary

Role = Literal[
    "technologies", "concepts", "mixed", "challenges", "solutions", "practices", "projects", "learnings", "other", ""
]
"""`mixed`: technologies and concepts together. `learnings`: the umbrella above all of them. `other`: a part Nexus does
not read entries from (set-up, overview, collaboration, ...). Empty: the heading names no part."""


def _stems(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)


_CHALLENGES = _stems(
    r"challeng",
    r"difficult",
    r"obstacle",
    r"hurdle",
    r"roadblock",
    r"blockers?\b",
    r"struggle",
    r"pain points?",
    r"problems? (?:\w+ ){0,3}?(?:faced|solved|solve|met|encountered|overcame|fixed)",
    r"problems?,? (?:and|&|/) (?:\w+ )?solution",
    r"(?:issues?|bugs?|errors?) (?:\w+ ){0,2}?(?:faced|met|encountered|solved|fixed|resolved|overcame)",
    r"(?:issues?|bugs?|errors?),? (?:and|&|/) (?:\w+ )?(?:solution|fix)",
    r"what went wrong",
)
_SOLUTIONS = _stems(
    r"solutions?\b", r"how (?:i|we) (?:solved|fixed|overcame)", r"resolutions?\b", r"fixes\b", r"workarounds?\b"
)
_PRACTICES = _stems(
    r"(?:best|good|coding|development|engineering|recommended|key|other|team|code|my) practi[cs]es?\b",
    r"practi[cs]es? (?:and|&|/|followed|applied|learn|adopted|i )",
    r"practi[cs]es\b",
    r"take[- ]?aways?\b",
    r"lessons?\b",
    r"differently\b",
    r"recommendations\b",
    r"conventions?\b",
    r"rules of thumb",
    r"(?:key|personal|my) insights?\b",
    r"advice\b",
)
_TECHNOLOGIES = _stems(
    r"technolog",
    r"tech\b",
    r"(?:tech|core|my|full|development|backend|frontend|software|technology) ?stacks?\b",
    r"tools\b",
    r"tooling\b",
    r"toolkit",
    r"toolchain",
    r"frameworks\b",
    r"libraries\b",
    r"programming languages?\b",
    r"built with\b",
    r"languages (?:and|&)",
)
_CONCEPTS = _stems(
    r"concepts?\b", r"fundamentals?\b", r"deep dives?\b", r"core topics?\b", r"key topics?\b", r"theory\b"
)
_PROJECTS = _stems(
    r"case stud",
    r"project highlights?",
    r"portfolio\b",
    r"capstone",
    r"past work",
    r"practical work",
    r"final project\b",
    r"(?:my|related|key|notable|real[- ]world|hands[- ]on|major|featured|sample|other|practical|and|&) projects\b",
    r"^projects\b",
    r"projects (?:built|i |completed|developed|worked)",
)
_LEARNINGS = _stems(
    r"learnings?\b",
    r"(?:i|we)(?:'ve|’ve| have)? (?:\w+ )?(?:learn|cover|master)",
    r"things learn",
    r"skills (?:gained|acquired|learn)",
    r"highlights\b",
    r"curriculum\b",
    r"topics covered",
    r"knowledge gained",
)
_OTHER = _stems(
    r"overview",
    r"introduction",
    r"objectives?\b",
    r"goals?\b",
    r"purpose\b",
    r"about\b",
    r"collaborat",
    r"contribut",
    r"communit",
    r"contacts?\b",
    r"authors?\b",
    r"acknowledg",
    r"licen[sc]e",
    r"install",
    r"set ?-?up\b",
    r"getting started",
    r"quick ?-?start",
    r"usage\b",
    r"how to (?:use|run|push|start)",
    r"running\b",
    r"prerequisite",
    r"requirements?\b",
    r"configur",
    r"endpoints?\b",
    r"api (?:reference|docs|documentation|usage)",
    r"features?\b",
    r"structure\b",
    r"schedule",
    r"timeline",
    r"week\b",
    r"roadmap",
    r"next steps?",
    r"what(?:'|’)?s next",
    r"future\b",
    r"contents\b",
    r"references?\b",
    r"resources?\b",
    r"screenshots?",
    r"demo\b",
    r"links?\b",
    r"conclusion",
    r"summary",
    r"final thoughts",
    r"thank",
    r"instructions?\b",
    r"example",
    r"tip\b",
    r"checklist",
    r"development guide",
    r"evaluation",
    r"deliverable",
    r"submission",
    r"clone\b",
    r"environment variables",
    r"system architecture",
    r"workflow\b",
    r"problem statement",
    r"the problem\b",
)
# Inside a chapter, only these end it: "Testing" or "System architecture" may well be one of its items there.
_NEVER_AN_ITEM = _stems(
    r"getting started",
    r"install",
    r"table of contents",
    r"contribut",
    r"licen[sc]e",
    r"collaboration\b",
    r"acknowledg",
    r"authors?\b",
    r"example",
    r"snippet",
    r"usage\b",
    r"features\b",
    r"next steps",
    r"repository structure",
    r"project structure",
    r"folder structure",
    r"prerequisite",
    r"api endpoints",
    r"objectives?\b",
    r"focus areas",
    r"screenshots?",
)
_NOT_CHALLENGES = _stems(r"problem[- ]solving", r"coding challenges?", r"challenge description", r"issue tracker")

_NUMBERING = re.compile(
    r"^(?:\d{1,3}(?:\.\d{1,3})*(?:[.):\]]+|\ufe0f?\u20e3|\s*[-–—](?=\s)|(?=\s+[A-Z]))|"
    r"[A-Za-z][.)](?=\s)|(?:step|part) \d{1,3}\b|[ivx]{1,4}[.)](?=\s))\s*[:.)\-–—]?\s*",
    re.IGNORECASE,
)
_DECORATION = re.compile(r"^[^\w\"'“‘(\[.@/]+|[^\w\"'”’)\]!?.+#%]+$")
_CLOSING_HASHES = re.compile(r"\s#+$")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLER = _words(
    "a an and the of in my i we our your key major main core important personal technical essential general backend "
    "frontend fullstack full stack engineering development developer web software program programme project "
    "projects prodev alx nexus learning learnings learned learnt covered faced encountered met overcome overcame "
    "solved implemented applied used gained best good their them how what with for to from on at during throughout "
    "practical real world advanced fundamental common other technologies technology tech tools tooling tool "
    "concepts concept challenges challenge solutions solution practices practice takeaways takeaway lessons lesson "
    "deep dives dive overview introduction collaboration collaborate conclusion objective objectives highlights "
    "author authors installation features feature setup frameworks libraries languages stack summary contents "
    "getting started structure repository this use next steps hub success goals references contributing license "
    "acknowledgements contact conventions recommendations high level problems problem issues were mastered work "
    "practical examples"
)


def clean_title(text: str) -> str:
    """A heading's or item's text without numbering, emoji and decoration around it."""
    text = _DECORATION.sub("", text.strip())
    text = _NUMBERING.sub("", text)
    return _DECORATION.sub("", _CLOSING_HASHES.sub("", text)).strip()


@lru_cache(maxsize=2048)
def role_of(title: str) -> Role:
    """The part a heading names."""
    if len(title) > 120 or ((known := vocabulary.lookup(title)) is not None and known.kind == "technology"):
        return ""
    if _CHALLENGES.search(title) and not _NOT_CHALLENGES.search(title):
        return "challenges"
    if re.search(r"\bcontribut|\bproject structure|\btip\b", title, re.IGNORECASE):
        return "other"
    if _PRACTICES.search(title):
        return "practices"
    technologies, concepts = _TECHNOLOGIES.search(title), _CONCEPTS.search(title)
    if technologies and concepts:
        return "mixed"
    if technologies:
        return "technologies"
    if concepts:
        return "concepts"
    if _PROJECTS.search(title):
        return "projects"
    if _OTHER.search(title):
        return "other"
    if _LEARNINGS.search(title):
        return "learnings"
    if _SOLUTIONS.search(title):
        return "solutions"
    return ""


def is_heading_phrase(text: str, *, stands_alone: bool = False) -> bool:
    """Whether a line without any heading mark reads as one: a part's name and hardly a word more.

    A line that `stands_alone` between blank lines may have one more word if it is written in title case.
    """
    if len(text) > 90 or not text[:1].isupper() or text[-1:] in ".!?,;":
        return False
    words = [word.lower() for word in _WORD.findall(re.sub(r"\([^)]*\)", "", text))]
    unknown = [word for word in words if word not in _FILLER]
    may_have = int(stands_alone and all(word[:1].isupper() or len(word) < 4 for word in _WORD.findall(text)))
    if not 1 <= len(words) <= 9 or len(unknown) > may_have:
        return False
    role = role_of(text)
    return bool(role) and (len(words) > 1 or role not in {"technologies", "learnings"} or words[0] == "technologies")


def ends_chapter(title: str) -> bool:
    """Whether a heading below a chapter's heading is surely none of the chapter's items."""
    return bool(_NEVER_AN_ITEM.search(title))
