"""The mutation of what not everybody should see."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.hubs.access import hub_for
from nexus.pages import guard


def _review_suspects(actor: Actor, *, hub: str, suspects: list[Any]) -> Outcome:
    """Says that suspects may be seen by whoever reads the hub, which is the object."""
    decided = guard.review_suspects(actor, hub, [str(one) for one in suspects])
    return Outcome(seen(lambda asking: hub_for(asking, hub), actor), decided=decided)


class SuspectMutation(graphene.ObjectType):
    """What is decided about suspects."""

    review_suspects = mutation(
        "ReviewSuspects", f"{NOUNS}.hubs.HubType", _review_suspects, hub=text_argument("The address of the hub."),
        more={"decided": graphene.Int(description="How many of them nobody had decided about.")},
        suspects=graphene.Argument(
            graphene.List(graphene.NonNull(graphene.ID)), required=True, description=f"Their ids, 1 to {guard.IDS}."
        ),
    )  # fmt: skip
