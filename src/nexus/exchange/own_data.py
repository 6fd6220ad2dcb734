"""All that an instance holds about one account, as a zip for whoever it is about."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.db.models import Max

from nexus.accounts import queries, sessions
from nexus.accounts.actor import Actor
from nexus.accounts.models import User
from nexus.base.errors import Limited
from nexus.base.sentences import Sentence
from nexus.hubs.access import visible_activities, visible_hubs, visible_memberships
from nexus.hubs.models import Look
from nexus.pages import blobs
from nexus.pages.access import visible_changes, visible_versions

#: The most bytes of texts, and rows of each list; and up to where the zip is in memory.
MAX_BYTES, MAX_ROWS, IN_MEMORY = 1_000_000_000, 200_000, 5_000_000


def own_data(actor: Actor) -> IO[bytes]:
    """A zip, from its beginning: account.json, sessions.json, tokens.json, memberships.json, looks.json, activity.json,
    changes.json, and below texts/HUB/PATH the newest version that they wrote of each page, of all hubs they may still read.

    Raises Unauthenticated, Limited.
    """
    user = queries.account_of(actor)
    # handed out and closed by whoever reads it
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in _facts(actor, user):
            archive.writestr(f"{name}.json", json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        total = 0
        for path, data in _texts(actor, user):
            total += len(data)
            if total > MAX_BYTES:
                raise Limited(
                    Sentence("You wrote more than fits into one file here."),
                    remedy=Sentence("Export each hub instead."),
                )
            archive.writestr(path, data)
    file.seek(0)
    return file


def _facts(actor: Actor, user: User) -> Iterator[tuple[str, Any]]:
    person = user.person
    yield "account", {
        "username": user.username, "name": person.name, "email": user.email, "joined_at": user.joined_at,
        "is_administrator": user.is_administrator,
        "former_names": list(person.former_handles.values_list("handle", flat=True)),
    }  # fmt: skip
    yield "sessions", list(sessions.browser_sessions(actor).values("device", "address", "began_at", "seen_at"))
    yield "programs", list(sessions.programs(actor).values("label", "created_at", "expires_at"))
    yield "tokens", list(queries.personal_tokens(actor).values("name", "hint", "scopes", "created_at", "expires_at"))
    mine = visible_memberships(actor).filter(user=user)
    yield "memberships", list(mine.order_by("hub__slug").values("hub__slug", "hub__title", "role", "since"))
    looked = Look.objects.filter(user=user, hub__in=visible_hubs(actor)).order_by("hub__slug")
    yield "looks", list(looked.values("hub__slug", "seq", "at"))
    did = visible_activities(actor).filter(person=person).order_by("hub", "seq")
    yield "activity", list(did.values("hub__slug", "seq", "verb", "door", "at", "data", "address")[:MAX_ROWS])
    wrote = visible_changes(actor).filter(author=person).order_by("hub", "seq")
    yield "changes", list(wrote.values("hub__slug", "seq", "kind", "message", "created_at")[:MAX_ROWS])


def _texts(actor: Actor, user: User) -> Iterator[tuple[str, bytes]]:
    mine = visible_versions(actor).filter(change__author=user.person, is_deletion=False)
    newest = mine.order_by().values("page").annotate(newest=Max("number")).values_list("page", "newest")
    for page, number in newest[:MAX_ROWS].iterator():
        version = mine.select_related("page__hub", "blob").get(page=page, number=number)
        yield f"texts/{version.page.hub.slug}/{version.path}", blobs.read(version.blob)
