"""The mutations of entries: what a page is to say, what was decided, what is answered."""

import enum
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument, uuid_of
from nexus.api.graphql.nouns.rows import NOUNS, EntryKindEnum, choices, value_of
from nexus.base.errors import NotFound
from nexus.hubs.access import hub_for
from nexus.knowledge import actions
from nexus.knowledge.access import visible_entries
from nexus.knowledge.models import Decision, Verdict
from nexus.markdown.adding import Said
from nexus.pages.models import Change

_Verdict = choices(
    "Verdict", Verdict, "What somebody says of an entry.", RIGHT="It is what it was taken for.",
    OTHER_KIND="It is of another kind.", NOT_THIS="It is nothing, and shown nowhere.",
)  # fmt: skip


class OpenPart(enum.Enum):
    """What a challenge may leave open."""

    ERROR_TEXT = "error_text"
    CAUSE = "cause"
    SOLUTION = "solution"
    COMMIT = "commit"


_Part = choices(
    "OpenPart", OpenPart, "What a challenge may leave open.", ERROR_TEXT="The message that was seen.", CAUSE="Why.",
    SOLUTION="What helped.", COMMIT="The address of a commit that shows it.",
)  # fmt: skip


class AnswerInput(graphene.InputObjectType):
    """An answer to what a challenge leaves open."""

    entry = graphene.ID(required=True, description="The challenge.")
    part = graphene.Field(_Part, required=True, description="What is answered.")
    text = graphene.String(required=True, description="The answer.")


def _add_entry(
    actor: Actor, *, hub: str, path: str, kind: Any, title: str, detail: str, cause: str, solution: str, error_text: str,
    message: str,
) -> Change:  # fmt: skip
    """Writes something into the page at `path`, where such things stand in it; the change that was made is the object."""
    said = Said(value_of(kind), title, detail, cause, solution, error_text)
    return actions.add_entry(actor, hub, path, said, message=message)


def _answer_entries(actor: Actor, *, hub: str, path: str, answers: list[Any], message: str) -> Change | None:
    """Writes answers about challenges into their page, as one change, which is the object; null when nothing differs."""
    given = [
        actions.Answer(uuid_of(one.entry, f"answers.{n}.entry"), value_of(one.part), one.text)
        for n, one in enumerate(answers)
    ]
    return actions.answer_entries(actor, hub, path, given, message=message).change


def _decide_entry(actor: Actor, *, hub: str, entry: str, verdict: Any, kind: Any = None) -> Outcome:
    """Says what an entry is. The object is the entry as it is read now; null when it is nothing."""
    chosen = "" if kind is None else value_of(kind)
    made = actions.decide_entry(actor, hub, uuid_of(entry, "entry"), value_of(verdict), kind=chosen)
    return Outcome(seen(lambda asking: _entry(asking, hub, made), actor))


def _entry(actor: Actor, hub: str, made: Decision) -> Any:
    found = visible_entries(actor).filter(hub=hub_for(actor, hub), pk=made.entry_id).first()
    if found is None:
        raise NotFound
    return found


_HUB = text_argument("The address of the hub.")
_PATH = text_argument("The path of the page.")


def _said(description: str) -> graphene.Argument:
    return graphene.Argument(graphene.String, required=True, default_value="", description=description)


class EntryMutation(graphene.ObjectType):
    """What is done about entries."""

    add_entry = mutation(
        "AddEntry", f"{NOUNS}.changes.ChangeType", _add_entry, hub=_HUB, path=_PATH,
        kind=graphene.Argument(EntryKindEnum, required=True, description="What it is."),
        title=text_argument("The name; of a challenge, what went wrong."),
        detail=_said("Of all but a challenge: what it is for, or why."), cause=_said("Of a challenge: why."),
        solution=_said("Of a challenge: what helped."), error_text=_said("Of a challenge: the message, word for word."),
        message=_said("A word about the change."),
    )  # fmt: skip
    answer_entries = mutation(
        "AnswerEntries", f"{NOUNS}.changes.ChangeType", _answer_entries, hub=_HUB, path=_PATH,
        answers=graphene.Argument(graphene.List(graphene.NonNull(AnswerInput)), required=True,
                                  description=f"At most {actions.MAX_ANSWERS}."),
        message=_said("A word about the change."),
    )  # fmt: skip
    decide_entry = mutation(
        "DecideEntry", f"{NOUNS}.entries.EntryType", _decide_entry, hub=_HUB,
        entry=graphene.Argument(graphene.ID, required=True, description="The entry."),
        verdict=graphene.Argument(_Verdict, required=True, description="What it is."),
        kind=graphene.Argument(EntryKindEnum, description="Of another kind: which."),
    )  # fmt: skip
