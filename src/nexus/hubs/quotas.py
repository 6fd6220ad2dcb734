"""How much the hubs of one person may hold together, whoever writes in them (docs/adr/0106)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from nexus.base.errors import Limited
from nexus.base.sentences import Sentence
from nexus.hubs.models import Hub, Membership, Role
from nexus.statements.prepared import Prepared


def check_owners(hub: Hub, size: int) -> None:
    """Raises Limited("quota_exceeded") when no owner of `hub` has room for `size` more bytes in their hubs; administrators
    always have, and a hub of the operator's belongs to nobody. One statement; two writes at once may both pass."""
    rooms = [
        is_administrator or held + size <= (settings.PERSON_MB * 1_000_000 if most is None else most)
        for is_administrator, most, held in _owners.rows(hub=hub.pk)
    ]
    if rooms and not any(rooms):
        raise Limited(
            Sentence("The hubs of whoever owns this one hold as much as one person's may. Nothing was stored."),
            code="quota_exceeded", remedy=Sentence("Ask an administrator for more, or delete a hub that nobody needs."),
        )  # fmt: skip


def held_by(users: Collection[UUID]) -> dict[UUID, int]:
    """How many bytes the hubs of each user hold together, deleted ones until they are purged; one statement."""
    rows: QuerySet[Any, Any] = Membership.objects.filter(user__in=users, role=Role.OWNER).values_list("user")
    return dict(rows.annotate(held=Sum("hub__byte_count")))


def _held(user: OuterRef) -> Coalesce:
    owned: Any = Membership.objects.filter(user=user, role=Role.OWNER).order_by().values("user")
    return Coalesce(Subquery(owned.annotate(held=Sum("hub__byte_count")).values("held")), Value(0))


def _owners_of(*, hub: UUID) -> Any:
    owners: Any = Membership.objects.filter(hub=hub, role=Role.OWNER).annotate(held=_held(OuterRef("user")))
    return owners.values_list("user__is_administrator", "user__max_bytes", "held")


_owners = Prepared(_owners_of, hub=UUID)
