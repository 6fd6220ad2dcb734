"""What is played: people, and who wrote what when, out of a TOML file beside the folder of their texts.

The folder holds each page as it stands in the end. A step that wrote an earlier state of one says what was not there yet
(`until` a line, `without` a heading's part), so that no text is kept twice. The head of `prodev-7.toml` explains
its steps.
"""

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nexus.hubs.models import Role, Visibility

HERE = Path(__file__).parent
_DATE = re.compile(r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{1,6}) ")
#: What says how a text of an earlier day differs from the one in the folder.
_CUTS = ("from", "until", "without")


class BadManifest(Exception):
    """The manifest and the texts do not fit together. Says where."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the people: a user name, a full name, a role in the hub."""

    username: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Step:
    """Something one of them did at a moment. `files` are texts by their path: of the hub, or below `prefix` for an import.

    verb: "write" (one file; `merges`: made from the version before the newest one), "import", "move" or "undo".
    """

    by: str
    at: datetime.datetime
    message: str
    verb: str
    name: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    prefix: str = ""
    merges: bool = False
    source: str = ""
    target: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A hub to be played."""

    slug: str
    title: str
    visibility: Visibility
    founded: datetime.datetime
    people: tuple[Somebody, ...]
    steps: tuple[Step, ...]


def read(name: str, today: datetime.date) -> Manifest:
    """The manifest `name`.toml with the texts of the folder `name`, its dates moved by whole weeks so that its last week is
    the one `today` lies in. Raises BadManifest, OSError."""
    raw = (HERE / f"{name}.toml").read_text("utf-8")
    hub = tomllib.loads(raw)["hub"]
    dates = Dates(hub["first_monday"], hub["weeks"], today)
    made = tomllib.loads(dates.moved(raw))
    texts = Texts(HERE / name, dates)
    people = tuple(Somebody(key, one["name"], Role(one["role"])) for key, one in made["people"].items())
    steps = tuple(_step(row, texts) for row in made["changes"])
    known = {one.username for one in people}
    if strangers := {step.by for step in steps} - known:
        raise BadManifest(f"{name}.toml: nobody is called {', '.join(sorted(strangers))}.")
    if sorted(steps, key=lambda step: step.at) != list(steps):
        raise BadManifest(f"{name}.toml: the changes are not in the order of their times.")
    return Manifest(hub["slug"], hub["title"], Visibility(hub["visibility"]), made["hub"]["founded"], people, steps)


def _step(row: dict[str, Any], texts: "Texts") -> Step:
    """One `[[changes]]` of the file."""
    common = {key: row[key] for key in ("by", "at", "message", "name") if key in row}
    if "undo" in row:
        return Step(**common, verb="undo", undoes=row["undo"])
    if "move" in row:
        return Step(**common, verb="move", source=row["move"], target=row["to"])
    if "import" in row:
        prefix = row["import"]
        files = dict(
            texts.of(f"{prefix}/{each}" if isinstance(each, str) else _below(prefix, each)) for each in row["files"]
        )
        below = {path.removeprefix(f"{prefix}/"): data for path, data in files.items()}
        return Step(**common, verb="import", prefix=prefix, files=below)
    if "text" in row:
        return Step(**common, verb="write", files={row["write"]: row["text"].lstrip("\n").encode()})
    path, data = texts.of({"path": row["write"]} | {key: row[key] for key in _CUTS if key in row})
    return Step(**common, verb="write", files={path: data}, merges=row.get("merges", False))


def _below(prefix: str, wanted: dict[str, Any]) -> dict[str, Any]:
    return {**wanted, "path": f"{prefix}/{wanted['path']}"}


class Dates:
    """Moves the dates of some weeks, by whole weeks, so that weekdays stay."""

    def __init__(self, first_monday: datetime.date, weeks: int, today: datetime.date) -> None:
        self._first = first_monday
        self._end = first_monday + datetime.timedelta(weeks=weeks)
        last_monday = self._end - datetime.timedelta(weeks=1)
        self.by = today - datetime.timedelta(days=today.weekday()) - last_monday

    def moved(self, text: str) -> str:
        """`text` with every ISO date of those weeks moved, and all others as they are."""
        return _DATE.sub(lambda match: self._date(match[0]), text) if self.by else text

    def _date(self, written: str) -> str:
        try:
            date = datetime.date.fromisoformat(written)
        except ValueError:
            return written
        return (date + self.by).isoformat() if self._first <= date < self._end else written


@dataclass(frozen=True, slots=True)
class Texts:
    """The files of a folder, with their dates moved."""

    folder: Path
    dates: Dates

    def of(self, wanted: str | dict[str, Any]) -> tuple[str, bytes]:
        """(path, content) of what a step asks for: a path, or {path, from?, until?, without?}, where `from` names the file
        that the text of another path is kept in. Raises BadManifest when a line is not there."""
        if isinstance(wanted, str):
            wanted = {"path": wanted}
        data = (self.folder / wanted.get("from", wanted["path"])).read_bytes()
        try:
            text = self.dates.moved(data.decode("utf-8"))
        except UnicodeDecodeError:
            return wanted["path"], data
        if "until" in wanted:
            text = text[: line_at(text, wanted["until"])]
        for heading in wanted.get("without", ()):
            start, end = part(text, heading)
            text = text[:start] + text[end:]
        return wanted["path"], text.encode()


def line_at(text: str, beginning: str) -> int:
    """Where the line is that begins so. Raises BadManifest when no line does, or more than one."""
    if f"\n{text}".count(f"\n{beginning}") != 1:
        raise BadManifest(f"Not one line begins with {beginning!r}.")
    return f"\n{text}".index(f"\n{beginning}")


def part(text: str, heading: str) -> tuple[int, int]:
    """Where the part below the line `heading` begins and ends: before the next heading of its level or a higher one.

    Raises BadManifest when no heading, or more than one, reads so.
    """
    headings = list(_headings(text))
    found = [index for index, (_, line) in enumerate(headings) if line == heading]
    if len(found) != 1:
        raise BadManifest(f"{len(found)} headings read {heading!r}.")
    start, line = headings[found[0]]
    level = line.index(" ")
    return start, next((at for at, later in headings[found[0] + 1 :] if later.index(" ") <= level), len(text))


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """(offset, line) of each ATX heading outside of fenced code."""
    at, fence = 0, ""
    for line in text.splitlines(keepends=True):
        if match := _FENCE.match(line):
            if not fence:
                fence = match[1]
            elif match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif not fence and _HEADING.match(line):
            yield at, line.rstrip()
        at += len(line)
