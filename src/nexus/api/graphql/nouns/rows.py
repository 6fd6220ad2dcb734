"""What every type made from a model has in common, and the choices of the models as enumerations."""

import enum
from collections.abc import Mapping
from typing import Any

import graphene
from graphene.types.generic import GenericScalar
from graphene.types.resolver import attr_resolver
from graphene_django import DjangoObjectType

from nexus.accounts.actor import Scope
from nexus.hubs.models import Role, Visibility
from nexus.knowledge.models import EntryKind
from nexus.pages.models import ChangeKind, Kind

#: Where the nouns are, for types that name each other.
NOUNS = "nexus.api.graphql.nouns"


def choices(name: str, of: type[enum.Enum], description: str, **said: str) -> Any:
    """The enumeration of a model's choices, or of any; said: what each means."""
    return graphene.Enum.from_enum(
        of, name=name, description=lambda each: said.get(each.name, "") if each else description
    )


VisibilityEnum = choices(
    "Visibility", Visibility, "Who may read a hub.", PRIVATE="Its members.", INTERNAL="Whoever is signed in.",
    PUBLIC="Everybody.",
)  # fmt: skip
RoleEnum = choices(
    "Role", Role, "What somebody is in a hub.", GUEST="Reads.",
    LEARNER="Also writes pages, and takes back changes of their own.",
    MENTOR="Also takes back others' changes, and restores pages.",
    OWNER="Also says who belongs to the hub, and who may read it.",
)  # fmt: skip
PageKindEnum = choices(
    "PageKind", Kind, "What is at a path.", PAGE="Markdown, which is shown and read.", FILE="Everything else."
)
ChangeKindEnum = choices(
    "ChangeKind", ChangeKind, "How a change came about.", EDIT="Somebody wrote it.",
    IMPORT="It was brought in from elsewhere.",
    REVERT="It takes another one back.", PURGE="An owner took something out of pages for good.",
)  # fmt: skip
EntryKindEnum = choices(
    "EntryKind", EntryKind, "What a text says something about.", TECHNOLOGY="A tool or language.", CONCEPT="An idea.",
    CHALLENGE="A problem that was met, and how it was solved.", PRACTICE="Something worth doing always.",
    PROJECT="Something that was built.",
)  # fmt: skip
ScopeEnum = choices(
    "Scope", Scope, "How far a token reaches.", READ="Reading.", WRITE="Reading and writing pages.",
    ADMIN="Everything its owner may do.",
)  # fmt: skip


class StatusChoice(enum.Enum):
    """Whether a challenge tells how it was solved."""

    SOLVED = "solved"
    OPEN = "open"


Status = choices(
    "Status", StatusChoice, "Whether a challenge tells how it was solved.", SOLVED="It does.", OPEN="Not yet."
)


def narrowing() -> dict[str, graphene.Argument]:
    """The arguments that a list of entries takes."""
    return {
        "kind": graphene.Argument(EntryKindEnum, description="Only of that kind."),
        "status": graphene.Argument(Status, description="Only challenges that are solved, or open."),
    }


class JSON(GenericScalar):
    """Any JSON value."""


def value_of(choice: Any) -> Any:
    """The stored value of an enumeration's member, "" of none."""
    return "" if choice is None else getattr(choice, "value", choice)


class RowType(DjangoObjectType):
    """A type whose plain fields are those of a model that `Meta.about` names, each with its description."""

    class Meta:
        abstract = True

    #: The rows are what our own resolvers gave: asking each again whether it is one takes longer than a field.
    is_type_of = None

    @classmethod
    def __init_subclass_with_meta__(
        cls, model: Any = None, about: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        about = about or {}
        super().__init_subclass_with_meta__(
            model=model, fields=tuple(about), skip_registry=True, default_resolver=attr_resolver, **options
        )
        if "id" in about:  # the key is an ID to clients, whatever the column is
            cls._meta.fields["id"] = graphene.Field(graphene.ID, required=True)
        for name, said in about.items():
            cls._meta.fields[name].description = said
