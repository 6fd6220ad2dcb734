"""Share links of a hub; for those who may share."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from nexus.accounts.actor import Actor
from nexus.api.graphql.edges import first_of_each, parent
from nexus.api.graphql.nouns.rows import NOUNS, RowType
from nexus.hubs.models import Hub
from nexus.pages.access import open_shares
from nexus.pages.models import Share
from nexus.pages.shares import visible_shares


def of_hubs(actor: Actor, rows: Sequence[Hub], *, first: int) -> Mapping[Any, list[Any]]:
    """The open share links of each hub that the actor may see, the newest first."""
    found = open_shares(visible_shares(actor))
    return first_of_each(found, {"hub": [row.pk for row in rows]}, ("-created_at", "-pk"), first)


class ShareType(RowType):
    """A link by which somebody without an account reads one page or folder, without its secret."""

    class Meta:
        model = Share
        name = "Share"
        about = {
            "id": "Its id.", "path": "What is shared.", "created_at": "When it was made.",
            "expires_at": "Until when it holds.",
        }  # fmt: skip

    is_folder = graphene.Boolean(
        required=True, description="Whether all that lies below the path is shared.",
        resolver=lambda row, _info: row.page_id is None,
    )  # fmt: skip
    has_password = graphene.Boolean(
        required=True, description="Whether a password is asked for.", resolver=lambda row, _info: bool(row.password)
    )
    hub = parent(f"{NOUNS}.hubs.HubType", "hub", required=True, description="Of which hub.")
