"""The mutations of share links."""

from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.mutations.payloads import Outcome, mutation, seen, text_argument, uuid_of
from nexus.api.graphql.nouns.rows import NOUNS
from nexus.hubs.access import hub_for
from nexus.pages import shares


def _create_share(actor: Actor, *, hub: str, path: str, days: int, password: str, site: str) -> Outcome:
    """A link to a page or folder for somebody without an account. `token` and `link` are shown this once and nowhere
    kept."""
    made = shares.create_share(actor, hub, path, days=days, password=password, site=site)
    return Outcome(made.share, token=made.token, link=made.link)


def _revoke_share(actor: Actor, *, hub: str, id: str) -> Any:  # noqa: A002  the argument's name
    """Ends a share link. The object is its hub."""
    shares.revoke_share(actor, hub, uuid_of(id, "id"))
    return seen(lambda asking: hub_for(asking, hub), actor)


_HUB = text_argument("The address of the hub.")


class ShareMutation(graphene.ObjectType):
    """What is done to share links."""

    create_share = mutation(
        "CreateShare", f"{NOUNS}.shares.ShareType", _create_share, hub=_HUB, at_site=True,
        more={
            "token": graphene.String(description="The secret of the link: keep it."),
            "link": graphene.String(description="Where a browser reads it."),
        },
        path=text_argument("Of a page, a file, or a folder."),
        days=graphene.Argument(
            graphene.Int, required=True, default_value=shares.DAYS, description=f"How long it holds, 1 to {shares.MAX_DAYS}."
        ),
        password=graphene.Argument(
            graphene.String, required=True, default_value="", description="Asked for besides the link; empty: none."
        ),
    )  # fmt: skip
    revoke_share = mutation(
        "RevokeShare", f"{NOUNS}.hubs.HubType", _revoke_share, hub=_HUB,
        id=graphene.Argument(graphene.ID, required=True, description="Its id."),
    )  # fmt: skip
