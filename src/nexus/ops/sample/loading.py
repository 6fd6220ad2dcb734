"""Plays a manifest: each of its people does through the public actions what they did, at the time they did it."""

import datetime
import secrets
import shutil
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import nexus
from nexus.accounts import actions as accounts
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base import clock
from nexus.base.transactions import in_transaction
from nexus.exchange.actions import import_source
from nexus.hubs import actions as hubs
from nexus.hubs import following
from nexus.hubs.models import Hub, Role
from nexus.hubs.queries import hubs as hubs_of
from nexus.ops.sample.manifest import Manifest, Step
from nexus.pages import actions, queries
from nexus.pages.access import visible_changes, visible_paths
from nexus.pages.models import Change
from nexus.pages.since import mark_seen

#: How long ago the people of the sample looked at it.
LOOKED = datetime.timedelta(days=7)
#: The hub of the product's own documents.
OWN = "nexus"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was made: hubs by slug and title, how many changes, and each person's password, which nobody can read again."""

    hubs: dict[str, str]
    changes: int
    passwords: dict[str, str]
    has_documents: bool


@in_transaction
def load(manifest: Manifest, now: datetime.datetime) -> Loaded | None:
    """Makes the sample, unless this instance has a hub already (None). All of it or nothing: it is one transaction.

    What the manifest has at a later time than `now` happened just now. Raises what the actions raise, so
    Conflict("name_taken") when somebody has the name of one of its people.
    """
    operator = Actor.operator(Door.CLI)
    if hubs_of(operator).exists():
        return None
    with tempfile.TemporaryDirectory(prefix="nexus-sample-") as folder:
        player = _Player(manifest, now, Path(folder))
        for step in manifest.steps:
            player.play(step)
        player.look()
        founded = [player.hub]
        documents = own_documents()
        if documents is not None:
            founded.append(_import_own(documents, Path(folder) / "docs"))
        for hub in founded:
            following.run(hub.pk)  # so that what was found in the texts is there with them, or not at all
    made = {hub.slug: hub.title for hub in founded}
    return Loaded(made, len(manifest.steps), player.passwords, documents is not None)


class _Player:
    """The people, the hub, and what was done so far."""

    def __init__(self, manifest: Manifest, now: datetime.datetime, folder: Path) -> None:
        self._manifest = manifest
        self._slug = manifest.slug
        self._now = now
        self._folder = folder
        self._actors: dict[str, Actor] = {}
        self._named: dict[str, Change] = {}
        self._unfollowed: set[str] = set()
        self.passwords: dict[str, str] = {}
        self.hub = self._founded()

    def _at(self, moment: datetime.datetime) -> AbstractContextManager[None]:
        return clock.at(min(moment, self._now))

    def _founded(self) -> Hub:
        """Accounts for everybody; the first owner founds the hub and takes the others in."""
        owner = next(one for one in self._manifest.people if one.role is Role.OWNER)
        with self._at(self._manifest.founded):
            for one in self._manifest.people:
                user = self._account(one.username, one.name)
                self._actors[one.username] = Actor.of(user, Door.CLI)
            founder = self._actors[owner.username]
            title, visibility = self._manifest.title, self._manifest.visibility
            hub = hubs.create_hub(founder, self._slug, title=title, visibility=visibility)
            for one in self._manifest.people:
                hubs.set_member(founder, self._slug, one.username, one.role)
        return hub

    def _account(self, username: str, name: str) -> User:
        password = self.passwords[username] = secrets.token_urlsafe(12)
        email = f"{username}@example.org"
        return accounts.create_user(
            Actor.operator(Door.CLI), username, email, password, name=name, is_sample=True
        )  # fmt: skip

    def play(self, step: Step) -> None:
        """Does one step. Raises RuntimeError when it would change nothing: then the manifest is wrong."""
        self._follow_before(step)
        with self._at(step.at):
            change = self._done(self._actors[step.by], step)
        if step.name and change is not None:
            self._named[step.name] = change

    def look(self) -> None:
        """Everybody looked a week ago, so that whoever continues as one of them has something that is new."""
        moment = self._now - LOOKED
        old = visible_changes(Actor.operator(Door.CLI)).filter(hub=self.hub, created_at__lte=moment)
        until = old.order_by("-seq").values_list("seq", flat=True).first() or 0
        with self._at(moment):
            for actor in self._actors.values():
                mark_seen(actor, self._slug, until=until)

    def _follow_before(self, step: Step) -> None:
        """Has the followers look before a page is changed again: what a page says is recorded with the version that said it
        first. They would look after the commit, which here is the end of all; after each step would take twice as long."""
        paths = {f"{step.prefix}/{path}" if step.prefix else path for path in step.files}
        if step.verb in {"move", "undo"} or not paths.isdisjoint(self._unfollowed):
            following.run(self.hub.pk)
            self._unfollowed = set()
        self._unfollowed |= paths

    def _done(self, actor: Actor, step: Step) -> Change | None:
        match step.verb:
            case "undo":
                return actions.revert_change(actor, self._slug, self._named[step.undoes].seq, message=step.message)
            case "move":
                return actions.move_page(actor, self._slug, step.source, step.target, message=step.message)
            case "import":
                self._import(actor, step)
                return None
            case _:
                return self._write(actor, step)

    def _import(self, actor: Actor, step: Step) -> None:
        """Each prefix is one folder of its writer, in which files are added and written over between two imports."""
        source = self._folder / step.prefix
        for path, data in step.files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)
        report = import_source(actor, self._slug, source, prefix=step.prefix, message=step.message)
        if report.change is None or report.files.conflicts or report.files.refused:
            raise RuntimeError(f"{step.prefix} at {step.at}: not all of it could be imported.")

    def _write(self, actor: Actor, step: Step) -> Change:
        [(path, data)] = step.files.items()
        known = visible_paths(actor).filter(hub=self.hub, path=path).exists()
        if not known:
            return actions.create_page(actor, self._slug, path, data, message=step.message)
        read = list(queries.versions(actor, self._slug, path)[:2])
        base = read[1 if step.merges else 0].pk
        on_stale: actions.OnStale = "merge" if step.merges else "refuse"
        change = actions.edit_page(actor, self._slug, path, data, base=base, on_stale=on_stale, message=step.message)
        if change is None:
            raise RuntimeError(f"{path} at {step.at}: the text is the one before.")
        return change


def own_documents() -> Path | None:
    """The checkout that this program runs from, when it is one; an installed program has no documents beside it."""
    root = Path(nexus.__file__).resolve().parents[2]
    return root if (root / "docs" / "architecture.md").is_file() else None


def _import_own(root: Path, staged: Path) -> Hub:
    """The hub `nexus` with the Markdown of a checkout: what lies at its top, and all of docs/."""
    operator = Actor.operator(Door.CLI)
    staged.mkdir()
    for page in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")]):
        target = staged / page.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    hub = hubs.create_hub(operator, OWN, title="Nexus", visibility="public")
    import_source(operator, OWN, staged, message="The documents of this Nexus")
    return hub
