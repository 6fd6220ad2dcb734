"""`parse(text) -> Document`: everything Nexus reads out of a text. Pure; knows neither Django nor the disk.

    document = parse(text)
    html = document.render(lambda reference: Target(f"/hub/pages/{reference.target}"))

Where a rule lives: `grammar` and `inline_rules` what Markdown means, `rendering` how it becomes HTML, `raw_html` and
`sanitising` why that HTML is safe, `passages` where in it a finding stands, `source` which bytes a span means, `lines`,
`sections`, `names`, `items` and `challenges` what is an entry, `vocabulary` which names are one topic.
"""

from pathlib import PurePosixPath
from typing import Any

from nexus.markdown import vocabulary
from nexus.markdown.document import Block, Document, Entry, Heading, Reference, Target, Task
from nexus.markdown.errors import InvalidText, TooLarge
from nexus.markdown.grammar import GRAMMAR_VERSION
from nexus.markdown.highlighting import stylesheet
from nexus.markdown.parsing import parse
from nexus.markdown.passages import anchors
from nexus.markdown.source import MAX_BYTES
from nexus.markdown.unparsed import unparsed
from nexus.markdown.vocabulary import topic_name, topic_slug, topics_in

__all__ = [
    "MAX_BYTES",
    "PARSER_VERSION",
    "Block",
    "Document",
    "Entry",
    "Heading",
    "InvalidText",
    "Reference",
    "Target",
    "Task",
    "TooLarge",
    "anchors",
    "parse",
    "parse_json_line",
    "stylesheet",
    "topic_name",
    "topic_slug",
    "topics_in",
    "unparsed",
]

PARSER_VERSION = f"{GRAMMAR_VERSION}-{vocabulary.version()}"
"""Documents made by a parser with another version are out of date."""

_ENTRY_FIELDS = (
    "kind",
    "title",
    "problem",
    "cause",
    "solution",
    "error_text",
    "topics",
    "start",
    "end",
    "confidence",
)


def parse_json_line(file: str, text: str) -> dict[str, Any]:
    """What `nexus parse --json` prints for one file. Its title falls back to the file's name. Raises as `parse`."""
    document = parse(text)
    return {
        "file": file,
        "title": document.title or PurePosixPath(file.replace("\\", "/")).stem or file,
        "language": document.language,
        "outline": [{"level": h.level, "title": h.title, "anchor": h.anchor} for h in document.outline],
        "links": [_link_line(reference) for reference in document.references],
        "tags": list(document.tags),
        "tasks": [task._asdict() for task in document.tasks],
        "entries": [_entry_line(entry) for entry in document.entries],
    }


def _link_line(reference: Reference) -> dict[str, Any]:
    return {name: getattr(reference, name) for name in ("kind", "target", "text", "start", "end")}


def _entry_line(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _ENTRY_FIELDS} | {"topics": list(entry.topics)}
