"""Several files that somebody brings at once: one change, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, NexusError
from nexus.base.sentences import Sentence
from nexus.hubs.access import Capability, hub_for
from nexus.pages.actions import store_content
from nexus.pages.blobs import Content
from nexus.pages.changes import Draft, Notes, write_change
from nexus.pages.models import Change
from nexus.pages.paths import checked_path, name_of

#: Files that may be brought at once.
MAX_FILES = 20


class Brought(NamedTuple):
    """A file on its way in: what it is called where it comes from, and what is in it."""

    name: str
    content: Content


@dataclass(slots=True)
class Uploaded:
    """What became of the files, by their place among those that were brought: where each is now, or why not."""

    change: Change | None = None
    paths: dict[int, str] = field(default_factory=dict)
    refused: dict[int, NexusError] = field(default_factory=dict)


def upload_files(
    actor: Actor, hub: str, folder: str, files: Sequence[Brought], *, message: str = "", rename: bool = False
) -> Uploaded:
    """Puts files (1 to MAX_FILES) into a folder as one change. One whose name is taken, or cannot be one, is left out and
    named, so that nobody has to choose the others once more.

    rename: a file whose name is taken gets another instead, made of its content: the same picture brought twice is one file.
    Raises NotFound, Denied; Invalid, Limited and Conflict for what concerns them all: then nothing is stored.
    """
    place = hub_for(actor, hub, Capability.PAGE_CREATE)
    if not 1 <= len(files) <= MAX_FILES:
        raise Invalid(Sentence("Choose 1 to %(most)s files.", most=MAX_FILES), field="files", value=len(files))
    told = Uploaded()
    wanted: dict[int, list[str]] = {}
    unfit: dict[int, NexusError] = {}
    for number, file in enumerate(files):
        name = name_of(file.name.replace("\\", "/")) or "file"
        path = f"{folder}/{name}" if folder else name
        try:
            names = [path, _named_by_content(path, file.content)] if rename else [path]
            checked = [checked_path(each) for each in names]
            store_content(path, file.content, place)
        except (Invalid, Conflict) as error:
            unfit[number] = error
        else:
            wanted[number] = checked

    def fill(draft: Draft) -> None:
        told.paths, told.refused = {}, dict(unfit)
        there = {path: page.blob_id for path, page in draft.pages_at(chain(*wanted.values())).items()}
        for number, names in wanted.items():
            new = files[number].content.hash
            at = next((name for name in names if name not in there or (rename and there[name] == new)), None)
            if at is None:
                told.refused[number] = _taken(names[0])
                continue
            if at not in there:
                draft.put(None, at, new)
            there[at] = new
            told.paths[number] = at

    told.change = write_change(actor, place.pk, Capability.PAGE_CREATE, fill, Notes(message))
    return told


def _named_by_content(path: str, content: Content) -> str:
    """Another path for it: `a/image.png` → `a/image-0123abcd.png`."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return f"{folder}{slash}{stem or name}-{content.hash[:8]}{dot}{suffix if stem else ''}"


def _taken(path: str) -> Conflict:
    return Conflict(
        Sentence("Something stands at that path already."), code="path_taken", field="path", value=path,
        remedy=Sentence("Choose another path, or edit what is there."),
    )  # fmt: skip
