"""The Git repository that a hub is connected with."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.edges import parent
from nexus.api.graphql.nouns.rows import JSON, NOUNS, RowType, choices
from nexus.exchange.access import visible_sources
from nexus.exchange.models import ConnectedSource, PullState
from nexus.exchange.pulling import label_of
from nexus.hubs.models import Hub

PullStateEnum = choices(
    "PullState", PullState, "What came of a pull.", NEVER="Nothing was pulled yet.", DONE="All of it is here.",
    CONFLICTS="Some files changed on both sides, in the same lines; the others are here.", FAILED="It did not work.",
    HELD="Some files wait until somebody has looked at what they seem to hold; the others are here.",
)  # fmt: skip


def of_hubs(actor: Actor, rows: Sequence[Hub]) -> Mapping[Any, ConnectedSource]:
    """The source of each hub, for those who may import there."""
    return {source.hub_id: source for source in visible_sources(actor).filter(hub__in=[row.pk for row in rows])}


class SourceType(RowType):
    """The Git repository that a hub is connected with, and what came of the last pull."""

    class Meta:
        model = ConnectedSource
        name = "Source"
        about = {
            "branch": "Empty: its main one.", "prefix": "The folder of the hub that it goes to; empty: its top.",
            "every": "Minutes between two pulls; 0: no schedule.", "history": "Whether each commit becomes a change.",
            "authors": "Whose the texts are: git or me; or path.", "pulled_at": "When the last pull ended.",
            "next_at": "When the schedule pulls next.",
        }  # fmt: skip

    url = graphene.String(
        required=True, description="Its address, without a query.", resolver=lambda row, _info: label_of(row.url)
    )
    state = graphene.Field(PullStateEnum, required=True, description="What came of the last pull.")
    is_pulling = graphene.Boolean(required=True, description="Whether it is pulled right now.")
    is_wanted = graphene.Boolean(
        required=True, description="Whether a pull is about to begin.",
        resolver=lambda row, _info: row.wanted_at is not None,
    )  # fmt: skip
    has_secret = graphene.Boolean(required=True, description="Whether a push webhook may call a pull.")
    report = graphene.Field(JSON, description="Of the last pull that worked, as of an import.")
    error = graphene.Field(JSON, description="Why the last pull failed: code, message, remedy.")
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Of which hub.")
