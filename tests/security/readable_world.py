"""Hubs in random states, with pages that come, go and move: what test_readable_sets.py asks every listing about."""

import contextlib
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.conftest import Cast

from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.hubs import actions as hubs
from nexus.hubs import lifetime
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub
from nexus.pages import actions
from nexus.pages.models import Page

#: Those who write, if a hub lets them, and those who never do. Rita was a member of each hub.
WRITERS = ("alice", "mona", "lea", "leo")
OTHERS = ("gus", "oscar", "rita", "charlie", "adele")
VISIBILITIES = ("private", "private", "internal", "public")
ROLES = ("guest", "learner", "mentor", "owner")
FOLDERS = ("a", "b", "a/c", "b/a", "d")
#: Live pages and files of a hub: what fits the shortest list that is compared.
MOST = 6
#: How many pages and files are asked for one by one.
ASKED = 5
VERBS = {
    "create": 6, "edit": 2, "move": 3, "move_folder": 2, "delete": 2, "delete_folder": 1, "restore": 2, "role": 4,
    "remove": 3, "visibility": 4, "archive": 1, "rename": 2, "bin": 2,
}  # fmt: skip


@dataclass(eq=False)
class Note:
    """A page, or a file: what is known of it by its number, and where it is."""

    number: int
    path: str
    is_file: bool
    began: str
    key: Any = None
    #: What its text names of its own hub: a path, or a title.
    links: tuple[str, ...] = ()
    #: Whether it is among those that are asked for one by one now.
    is_asked: bool = False

    @property
    def title(self) -> str:
        return f"Mark{self.number}"


@dataclass(eq=False)
class Place:
    """A hub as it must be."""

    key: Any
    slug: str
    owner: str
    visibility: str
    roles: dict[str, str]
    is_archived: bool = False
    is_deleted: bool = False
    live: list[Note] = field(default_factory=list)
    trash: list[Note] = field(default_factory=list)
    #: The numbers of its changes, and of its activities, with whether members alone are told of them.
    changes: set[int] = field(default_factory=set)
    log: dict[int, bool] = field(default_factory=dict)
    wrote: set[str] = field(default_factory=set)

    def at(self, path: str) -> str:
        return f"{self.slug}/{path}"


class World:
    """Four hubs and what becomes of them."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.random = cast, random.Random(seed)
        self.numbers, self.names = count(1), count(1)
        self.places: list[Place] = []
        #: How often somebody asked.
        self.turn = 0
        for owner in ("alice", "alice", "mona", "oscar"):
            self._found(owner)

    def _found(self, owner: str) -> None:
        slug, visibility = f"hub{next(self.names)}", self.random.choice(VISIBILITIES)
        hub = hubs.create_hub(self.cast.actor(owner), slug, visibility=visibility)
        place = Place(hub.pk, slug, owner, visibility, {owner: "owner"})
        self._noticed(place, members_only=False)
        for name in ("mona", "lea", "leo", "gus", "rita"):
            if name != owner and (name == "rita" or self.random.random() < 0.6):
                self.role(place, name)
        hubs.remove_member(self.cast.actor(owner), slug, "rita")
        del place.roles["rita"]
        self._noticed(place, members_only=True)
        self.places.append(place)
        for _ in range(3):
            self._try("create", place)

    def go_on(self, steps: int) -> None:
        """Random steps; what is refused changes nothing, here as there."""
        for _ in range(steps):
            place, (verb,) = self.random.choice(self.places), self.random.choices([*VERBS], [*VERBS.values()])
            if place.is_deleted and verb != "bin":
                continue
            self._try(verb, place)
        for place in self.places:  # the test's own transaction never commits, so nobody nudged the indexes
            nudge(place.key)

    def choose(self) -> None:
        """Other pages and files than before, of those that are or were in any hub, to be asked for one by one."""
        self.turn += 1
        there = [note for place in self.places for note in [*place.live, *place.trash]]
        chosen = self.random.sample(there, min(ASKED, len(there)))
        for note in there:
            note.is_asked = note in chosen

    def asked(self) -> list[tuple[Place, Note]]:
        return [(place, note) for place in self.places for note in [*place.live, *place.trash] if note.is_asked]

    def _try(self, verb: str, place: Place) -> None:
        with contextlib.suppress(Conflict, Denied, Invalid, NotFound):
            getattr(self, verb)(place)

    def _noticed(self, place: Place, *, members_only: bool) -> None:
        for seq in range(len(place.log) + 1, Hub.objects.get(pk=place.key).sequence + 1):
            place.log[seq] = members_only

    def _changed(self, place: Place, writer: str, change: Any) -> None:
        place.changes.add(change.seq)
        place.wrote.add(writer)
        self._noticed(place, members_only=False)

    def _writer(self, place: Place) -> str:
        may = [name for name, role in place.roles.items() if role != "guest" and name in WRITERS]
        return self.random.choice(sorted(may) or [place.owner])

    def _content(self, place: Place, note: Note) -> tuple[bytes, tuple[str, ...]]:
        """What a page says, and what it names of its own hub: its number once in each kind of index, and pages of this hub
        and of others by path, title and address."""
        if note.is_file:
            return b"\xff\x00" + str(note.number).encode(), ()
        own = [each for each in place.live if each is not note]
        other = self.random.choice(self.places)
        others = other.live if other is not place else []
        links = (*(each.path for each in own[:2]), *(each.title for each in [*own[2:3], *others[:2]]))
        said = [f"[[{link}]]" if link.startswith("Mark") else f"[one](/{link})" for link in links]
        said += [f"[far](../../{other.at(each.path)}) [away](/{other.slug}/pages/{each.path})" for each in others[:1]]
        text = (
            f"# {note.title}\n\nZebra {' '.join(said)} {self.random.random()}\n\n## Technologies\n\n"
            f"- {note.title}: what it is for\n- Quagga\n\n## Challenges\n\n"
            f"- **Challenge:** Trouble with {note.title} in the morning\n"
        )
        return text.encode(), links

    # --- The steps --------------------------------------------------------------------------------------------------

    def create(self, place: Place) -> None:
        if len(place.live) + len(place.trash) >= MOST:
            return
        number, is_file, writer = next(self.numbers), self.random.random() < 0.2, self._writer(place)
        folder = self.random.choice(["", *FOLDERS])
        name = (
            f"mark{number}.bin"
            if is_file
            else self.random.choice([f"mark{number}.md", f"mark{number}.md", "README.md"])
        )
        note = Note(number, f"{folder}/{name}".lstrip("/"), is_file, writer)
        content, note.links = self._content(place, note)
        change = actions.create_page(self.cast.actor(writer), place.slug, note.path, content)
        note.key = Page.objects.get(hub=place.key, path=note.path, live_key__isnull=False).pk
        place.live.append(note)
        self._changed(place, writer, change)

    def edit(self, place: Place) -> None:
        note, writer = self.random.choice(place.live or [None]), self._writer(place)
        if note is None or note.is_file:
            return
        (content, links), base = self._content(place, note), Page.objects.get(pk=note.key).head_id
        change = actions.edit_page(self.cast.actor(writer), place.slug, note.path, content, base=base)
        note.links = links
        self._changed(place, writer, change)

    def move(self, place: Place) -> None:
        if not place.live:
            return
        note, writer = self.random.choice(place.live), self._writer(place)
        name = self.random.choice(
            [note.path.rpartition("/")[2], f"moved{note.number}.{'bin' if note.is_file else 'md'}"]
        )
        target = f"{self.random.choice(FOLDERS)}/{name}"
        if target == note.path:
            return
        change = actions.move_page(self.cast.actor(writer), place.slug, note.path, target)
        note.path = target
        self._changed(place, writer, change)

    def move_folder(self, place: Place) -> None:
        (source, target), writer = self.random.sample([*FOLDERS, "e"], 2), self._writer(place)
        change = actions.move_page(self.cast.actor(writer), place.slug, source, target)
        for note in place.live:
            if note.path.startswith(f"{source}/"):
                note.path = target + note.path[len(source) :]
        self._changed(place, writer, change)

    def delete(self, place: Place) -> None:
        self._delete(place, self.random.choice([note.path for note in place.live] or ["nothing"]))

    def delete_folder(self, place: Place) -> None:
        self._delete(place, self.random.choice(FOLDERS))

    def _delete(self, place: Place, path: str) -> None:
        writer = self._writer(place)
        change = actions.delete_page(self.cast.actor(writer), place.slug, path)
        gone = [note for note in place.live if f"{note.path}/".startswith(f"{path}/")]
        place.live = [note for note in place.live if note not in gone]
        place.trash += gone
        self._changed(place, writer, change)

    def restore(self, place: Place) -> None:
        if not place.trash:
            return
        note = self.random.choice(place.trash)
        change = actions.restore_page(self.cast.actor(place.owner), place.slug, note.path, page_id=note.key)
        place.trash.remove(note)
        place.live.append(note)
        self._changed(place, place.owner, change)

    def role(self, place: Place, name: str = "") -> None:
        name, role = name or self.random.choice(["mona", "lea", "leo", "gus"]), self.random.choice(ROLES)
        if name != place.owner:
            hubs.set_member(self.cast.actor(place.owner), place.slug, name, role)
            place.roles[name] = role
            self._noticed(place, members_only=True)

    def remove(self, place: Place) -> None:
        name = self.random.choice([each for each in place.roles if each != place.owner] or [""])
        hubs.remove_member(self.cast.actor(place.owner), place.slug, name)
        del place.roles[name]
        self._noticed(place, members_only=True)

    def visibility(self, place: Place) -> None:
        visibility = self.random.choice(VISIBILITIES)
        hubs.update_hub(self.cast.actor(place.owner), place.slug, visibility=visibility)
        place.visibility = visibility
        self._noticed(place, members_only=False)

    def archive(self, place: Place) -> None:
        hubs.archive_hub(self.cast.actor(place.owner), place.slug, archived=not place.is_archived)
        place.is_archived = not place.is_archived
        self._noticed(place, members_only=False)

    def rename(self, place: Place) -> None:
        slug = f"hub{next(self.names)}"
        lifetime.rename_hub(self.cast.actor(place.owner), place.slug, slug)
        place.slug = slug
        self._noticed(place, members_only=False)

    def bin(self, place: Place) -> None:
        owner = self.cast.actor(place.owner)
        if place.is_deleted:
            lifetime.restore_hub(owner, place.slug)
        else:
            lifetime.delete_hub(owner, place.slug, confirm=place.slug)
        place.is_deleted = not place.is_deleted
        self._noticed(place, members_only=False)
