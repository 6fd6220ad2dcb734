"""The mutations of a hub's connected source."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.exchange import connecting
from nexus.exchange.models import ConnectedSource
from nexus.hubs.access import hub_for


def _connect_source(
    actor: Actor, *, hub: str, url: str, branch: str, prefix: str, every: int, history: bool, authors: str
) -> ConnectedSource:
    """Connects a hub with a public Git repository, or says anew how; its first pull begins. It acts for you."""
    return connecting.connect_source(
        actor, hub, url, branch=branch, prefix=prefix, every=every, history=history, authors=authors
    )


def _disconnect_source(actor: Actor, *, hub: str) -> Any:
    """Ends the connection; what came by it stays. The object is the hub."""
    connecting.disconnect_source(actor, hub)
    return seen(lambda asking: hub_for(asking, hub), actor)


def _pull_source(actor: Actor, *, hub: str) -> ConnectedSource:
    """Has what is new there brought soon."""
    return connecting.pull_source(actor, hub)


def _rotate_source_secret(actor: Actor, *, hub: str) -> Outcome:
    """A new secret for its push webhook, shown this once; one before holds no more."""
    source, secret = connecting.rotate_source_secret(actor, hub)
    return Outcome(source, secret=secret)


def _text(description: str) -> graphene.Argument:
    return graphene.Argument(graphene.String, required=True, default_value="", description=description)


_HUB = text_argument("The address of the hub.")
_SOURCE = f"{NOUNS}.sources.SourceType"


class SourceMutation(graphene.ObjectType):
    """What is done to connected sources."""

    connect_source = mutation(
        "ConnectSource", _SOURCE, _connect_source, hub=_HUB,
        url=text_argument("The https address of a public Git repository."), branch=_text("Empty: its main one."),
        prefix=_text("The folder of the hub that it goes to; empty: its top."),
        every=graphene.Argument(
            graphene.Int, required=True, default_value=0,
            description=f"Minutes between two pulls, {connecting.LEAST} to {connecting.MOST:,}; 0: no schedule.",
        ),
        history=graphene.Argument(
            graphene.Boolean, required=True, default_value=False, description="Whether each commit becomes a change."
        ),
        authors=_text("Whose the texts are: git or me; or path. Empty: the rule."),
    )  # fmt: skip
    disconnect_source = mutation("DisconnectSource", f"{NOUNS}.hubs.HubType", _disconnect_source, hub=_HUB)
    pull_source = mutation("PullSource", _SOURCE, _pull_source, hub=_HUB)
    rotate_source_secret = mutation(
        "RotateSourceSecret", _SOURCE, _rotate_source_secret,
        more={"secret": graphene.String(description="The secret itself: keep it.")}, hub=_HUB,
    )  # fmt: skip
