"""What an import did, as people and machines are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nexus.base.sentences import Sentence


class Noted(NamedTuple):
    """A path of the hub, and what is to be said about it."""

    path: str
    reason: Sentence


@dataclass(slots=True)
class Outcome:
    """What became of each file. Every file is counted in exactly one of the first five or listed as conflict,
    refused or held; `kept_as_file` lists those that look like pages but are none, wherever they were counted."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    merged: int = 0
    unchanged: int = 0
    conflicts: list[Noted] = field(default_factory=list)
    refused: list[Noted] = field(default_factory=list)
    kept_as_file: list[Noted] = field(default_factory=list)
    #: Of the unchanged: those that were deleted here and are in the source as they were.
    kept_deleted: int = 0
    #: What not everybody should read, as it seems, was not taken: the hub is read by more than its members, or shared there.
    held: list[Noted] = field(default_factory=list)
    #: What the files seem to hold that nobody decided about, at most guard.MOST; taken where only members read it.
    suspects: list[dict[str, Any]] = field(default_factory=list)
    #: Pages that were turned from UTF-16 into UTF-8, as asked for.
    converted: list[str] = field(default_factory=list)
    #: Those that hold a passage which was purged from the hub: they were taken without it.
    purged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of one import."""

    hub: str
    #: The number of the change that was made; None when nothing differed.
    change: int | None
    files: Outcome
    #: How many entries of each kind the imported pages hold.
    found: Mapping[str, int]
    seconds: float
    #: Of an import with its history: how many of its commits became changes; `change` is the last of them.
    commits: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing was stored although something differs."""
        files = self.files
        left = files.refused or files.held
        return self.change is None and bool(files.conflicts or (left and not files.unchanged))

    def after(self, earlier: "ImportReport") -> "ImportReport":
        """The report of this, the newest state of a source whose commits were brought before, and of that."""
        for name in ("added", "changed", "removed", "merged"):
            setattr(self.files, name, getattr(self.files, name) + getattr(earlier.files, name))
        return replace(self, change=self.change or earlier.change, commits=earlier.commits)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "ImportReport":
        """The report that `to_json` wrote, here or on another machine."""
        files: dict[str, Any] = dict(told["files"])
        del files["kept_as_file"]
        lists: dict[str, Any] = {
            name: [Noted(noted["path"], Sentence("%(reason)s", reason=noted["reason"])) for noted in files.pop(name)]
            for name in ("conflicts", "refused", "kept", "held")
            if name in files
        }
        outcome = Outcome(**files, kept_as_file=lists.pop("kept"), **lists)
        return cls(told["hub"], told["change"], outcome, told["found"], told["seconds"], told.get("commits"))

    def to_json(self) -> dict[str, Any]:
        """The object that `nexus import --json` prints."""
        files = self.files
        return {
            "hub": self.hub,
            "change": self.change,
            "files": {
                "added": files.added,
                "changed": files.changed,
                "removed": files.removed,
                "merged": files.merged,
                "unchanged": files.unchanged,
                "kept_as_file": len(files.kept_as_file),
                "conflicts": [noted._asdict() for noted in files.conflicts],
                "refused": [noted._asdict() for noted in files.refused],
                "held": [noted._asdict() for noted in files.held],
                "suspects": list(files.suspects),
                "kept": [noted._asdict() for noted in files.kept_as_file],
                "kept_deleted": files.kept_deleted,
                "converted": list(files.converted),
                "purged": list(files.purged),
            },
            "found": dict(self.found),
            "seconds": round(self.seconds, 3),
            **({} if self.commits is None else {"commits": self.commits}),
        }
