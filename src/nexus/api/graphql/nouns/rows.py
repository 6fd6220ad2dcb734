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


def _choices(name: str, of: type[enum.Enum], description: str) -> Any:
    return graphene.Enum.from_enum(of, name=name, description=lambda value: None if value else description)


VisibilityEnum = _choices("Visibility", Visibility, "Who may read a hub.")
RoleEnum = _choices("Role", Role, "What somebody is in a hub.")
PageKindEnum = _choices("PageKind", Kind, "A page is Markdown; everything else is a file.")
ChangeKindEnum = _choices("ChangeKind", ChangeKind, "How a change came about.")
EntryKindEnum = _choices("EntryKind", EntryKind, "What a text says something about.")
ScopeEnum = _choices("Scope", Scope, "How far a token reaches; WRITE includes READ, ADMIN both.")


class StatusChoice(enum.Enum):
    """Whether a challenge tells how it was solved."""

    SOLVED = "solved"
    OPEN = "open"


Status = _choices("Status", StatusChoice, "Whether a challenge tells how it was solved.")


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
