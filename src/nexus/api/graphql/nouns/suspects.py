"""What the texts of a hub seem to hold that not everybody should see."""

from typing import Any, NamedTuple

import graphene
from graphene.types.resolver import attr_resolver

from nexus.api.graphql.connections import or_null
from nexus.api.graphql.edges import Edge
from nexus.base.errors import Denied
from nexus.pages import guard


class SuspectType(graphene.ObjectType):
    """Something in a text that looks as if not everybody should see it."""

    class Meta:
        name = "Suspect"
        default_resolver = attr_resolver

    id = graphene.ID(required=True, description="What it is called in this hub, wherever it stands.")
    path = graphene.String(required=True, description="Where.")
    version = graphene.Int(description="Of a text that is no more: its version's number.")
    line = graphene.Int(required=True, description="From 1.")
    what = graphene.String(required=True, description="What it seems to be, as every door calls it (docs/safety.md).")
    name = graphene.String(required=True, description="What it seems to be, in words.")
    masked = graphene.String(required=True, description="Enough of it to know it again.")


class SuspectsType(graphene.ObjectType):
    """What nobody decided about yet."""

    class Meta:
        name = "Suspects"
        default_resolver = attr_resolver

    nodes = graphene.List(graphene.NonNull(SuspectType), required=True, description=f"At most {guard.MOST}.")
    more = graphene.Boolean(
        required=True,
        description=f"Whether there is more than this answer tells, or may be: where nothing is left "
        f"to decide in {guard.TEXTS} texts, the rest is not looked through here but by REST.",
    )


class _Found(NamedTuple):
    nodes: list[guard.Told]
    more: bool


def _suspects(_root: Any, info: Any, hub: str) -> _Found | None:
    try:
        return _Found(*guard.suspects(info.context.actor, hub, turns=1))  # a bound on the statements, as of every field
    except Denied:  # the hub can be read, written in not
        return None


class SuspectQuery(graphene.ObjectType):
    """What is asked of what not everybody should see."""

    suspects = Edge(
        SuspectsType, resolver=or_null(_suspects), reads=9,
        description="What the texts of a hub, earlier ones too, seem to hold; null for whoever may not write there.",
        hub=graphene.String(required=True, description="The address of the hub."),
    )  # fmt: skip
