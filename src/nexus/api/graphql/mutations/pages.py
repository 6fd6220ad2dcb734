"""The mutations of pages and changes. Each is one change of a hub, or nothing."""

import enum
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument, uuid_of
from nexus.api.graphql.nouns.rows import NOUNS, choices, value_of
from nexus.pages import actions, blobs, purging
from nexus.pages.models import Change
from nexus.pages.queries import path_for


class OnStale(enum.Enum):
    """What to do when the page has a newer version than `base`."""

    REFUSE = "refuse"
    MERGE = "merge"


_OnStale = choices(
    "OnStale", OnStale, "What to do when a page is newer than the `base` of an edit.", REFUSE="Nothing: `stale_version`.",
    MERGE="Merge both, when they do not touch the same lines; else nothing: `merge_conflict`.",
)  # fmt: skip


def _at(actor: Actor, hub: str, path: str, change: Change | None) -> Outcome:
    """The page at `path` now, and the change that was made."""
    return Outcome(seen(lambda asking: path_for(asking, hub, path), actor), change=change)


def _create_page(actor: Actor, *, hub: str, path: str, text: str, message: str) -> Outcome:
    """Puts a new text at a free path."""
    return _at(
        actor, hub, path, actions.create_page(actor, hub, path, blobs.page_content(text.encode()), message=message)
    )


def _edit_page(
    actor: Actor, *, hub: str, path: str, text: str, base: str, on_stale: Any, message: str
) -> Outcome:  # fmt: skip
    """Replaces the text at `path`, which you read at version `base`; `change` is null when it says that already."""
    done = actions.edit_page(
        actor,
        hub,
        path,
        blobs.page_content(text.encode()),
        base=uuid_of(base, "base"),
        on_stale=value_of(on_stale),
        message=message,
    )
    return _at(actor, hub, path, done)


def _move_page(
    actor: Actor, *, hub: str, source: str, target: str, base: str | None = None, message: str
) -> Outcome:  # fmt: skip
    """Moves a page or file, or everything in a folder; the object is null for a folder."""
    known = None if base is None else uuid_of(base, "base")
    return _at(actor, hub, target, actions.move_page(actor, hub, source, target, base=known, message=message))


def _change_pages(actor: Actor, *, hub: str, steps: list[Any], message: str) -> Change | None:
    """Does several things to pages as one change, which is the object, or none of them; null when nothing differs."""
    wanted = [
        actions.Step(
            value_of(step.verb), step.path, blobs.page_content((step.get("text") or "").encode()).data or b"",
            uuid_of(step.base, f"steps.{n}.base") if step.get("base") else None, step.get("target") or "",
        )
        for n, step in enumerate(steps)
    ]  # fmt: skip
    return actions.change_pages(actor, hub, wanted, message=message)


def _delete_page(actor: Actor, *, hub: str, path: str, base: str | None = None, message: str) -> Outcome:
    """Takes a page or file, or everything in a folder, away; it can be restored. The object is null, since it is gone."""
    known = None if base is None else uuid_of(base, "base")
    return _at(actor, hub, path, actions.delete_page(actor, hub, path, base=known, message=message))


def _restore_page(actor: Actor, *, hub: str, path: str, number: int | None = None, message: str) -> Outcome:
    """Brings back what was deleted at `path`, or version `number` of what is there."""
    return _at(actor, hub, path, actions.restore_page(actor, hub, path, number=number, message=message))


def _revert_change(actor: Actor, *, hub: str, number: int, message: str) -> Change | None:
    """Takes back what a change did, as a new change, which is the object; null when nothing of it is left."""
    return actions.revert_change(actor, hub, number, message=message)


def _purge(actor: Actor, *, hub: str, path: str, passage: str, confirm: str) -> Outcome:
    """Takes one file, or one passage wherever it stands in the hub, out of every version for good; nothing brings it back.
    The object is the change that says so."""
    done = purging.purge(actor, hub, path=path, passage=passage, confirm=confirm)
    return Outcome(
        done.change,
        versions=done.found.versions,
        unread=done.found.unread,
        left=done.found.left,
        copies=done.found.copies,
    )


_HUB = text_argument("The address of the hub.")
_PATH = text_argument("The path in the hub.")
_TEXT = text_argument("The whole text, as it is to be stored.")
_MESSAGE = graphene.Argument(graphene.String, required=True, default_value="", description="A word about the change.")
_NEWEST = graphene.Argument(graphene.ID, description="Only if that is still its newest version.")
_PAGE = f"{NOUNS}.pages.PageType"


def _paths(description: str) -> Any:
    return graphene.List(graphene.NonNull(graphene.String), description=description)


def _change() -> dict[str, Any]:
    return {"change": graphene.Field(f"{NOUNS}.changes.ChangeType", description="The change; null when none was made.")}


class Verb(enum.Enum):
    """What is done to a page."""

    CREATE = "create"
    EDIT = "edit"
    MOVE = "move"
    DELETE = "delete"


_Verb = choices(
    "Verb", Verb, "What is done to a page.", CREATE="A new one.", EDIT="Another text.", MOVE="Another path.", DELETE="Gone.",
)  # fmt: skip


class StepInput(graphene.InputObjectType):
    """Something that is done to a page."""

    verb = graphene.Field(_Verb, required=True, description="What.")
    path = graphene.String(required=True, description="Where.")
    text = graphene.String(description="Of a new or edited page: the whole text.")
    base = graphene.ID(description="The version that an edit (which needs one) or a deletion was made from.")
    target = graphene.String(description="Where a move goes.")


class PageMutation(graphene.ObjectType):
    """What is done to pages."""

    create_page = mutation(
        "CreatePage", _PAGE, _create_page, more=_change(), hub=_HUB, path=_PATH, text=_TEXT, message=_MESSAGE
    )
    edit_page = mutation(
        "EditPage", _PAGE, _edit_page, more=_change(), hub=_HUB, path=_PATH, text=_TEXT, message=_MESSAGE,
        base=graphene.Argument(graphene.ID, required=True, description="The id of the version you read."),
        on_stale=graphene.Argument(_OnStale, required=True, default_value=OnStale.REFUSE, description="When it is newer."),
    )  # fmt: skip
    move_page = mutation(
        "MovePage", _PAGE, _move_page, more=_change(), hub=_HUB, source=_PATH,
        target=text_argument("Where it is to be."), message=_MESSAGE, base=_NEWEST,
    )  # fmt: skip
    delete_page = mutation(
        "DeletePage", _PAGE, _delete_page, more=_change(), hub=_HUB, path=_PATH, message=_MESSAGE,
        base=_NEWEST,
    )  # fmt: skip
    change_pages = mutation(
        "ChangePages", f"{NOUNS}.changes.ChangeType", _change_pages, hub=_HUB, message=_MESSAGE,
        steps=graphene.Argument(graphene.List(graphene.NonNull(StepInput)), required=True,
                                description=f"1 to {actions.MAX_STEPS}, each at a path of its own."),
    )  # fmt: skip
    restore_page = mutation(
        "RestorePage", _PAGE, _restore_page, more=_change(), hub=_HUB, path=_PATH, message=_MESSAGE,
        number=graphene.Argument(graphene.Int, description="The version's number; none: as it was when it was deleted."),
    )  # fmt: skip
    purge = mutation(
        "Purge", f"{NOUNS}.changes.ChangeType", _purge, hub=_HUB, confirm=text_argument("The address of the hub once more."),
        more={
            "versions": graphene.Int(description="Out of how many versions it was taken."),
            "unread": graphene.Int(description="How many large files that are no text were not looked through."),
            "left": _paths("Paths that hold the passage in their name, and files that are no text: purge each as a file."),
            "copies": _paths("Other paths with what the file says; each is purged on its own."),
        },
        path=graphene.Argument(graphene.String, required=True, default_value="", description="Of a file, or what was one."),
        passage=graphene.Argument(graphene.String, required=True, default_value="", description="A key, or words."),
    )  # fmt: skip
    revert_change = mutation(
        "RevertChange", f"{NOUNS}.changes.ChangeType", _revert_change, hub=_HUB, message=_MESSAGE,
        number=graphene.Argument(graphene.Int, required=True, description="The change's number."),
    )  # fmt: skip
