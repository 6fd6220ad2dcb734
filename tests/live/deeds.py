"""What the tests of the stream have done in a server's own process, by POST /do, as any door of it would."""

import datetime
import json
import os
import secrets
from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from tests.live import furnishing
from tests.security.poison import poisoned

from nexus import urls
from nexus.accounts import actions as accounts
from nexus.accounts.actor import Actor, Door, Scope
from nexus.accounts.models import PersonalToken, User
from nexus.base import clock, shared
from nexus.base.errors import Denied
from nexus.base.transactions import in_transaction
from nexus.exchange import deliveries, jobs, webhooks
from nexus.hubs import actions as hubs
from nexus.hubs import activity
from nexus.hubs.models import Activity, Hub
from nexus.live import rooms
from nexus.pages import actions as pages
from nexus.pages.queries import path_for
from nexus.urls import websocket_urlpatterns

__all__ = ["urlpatterns", "websocket_urlpatterns"]
#: With a patrol that never comes, what is heard was nudged.
rooms.PATROL = float(os.environ.get("NEXUS_TEST_PATROL", rooms.PATROL))
jobs.SILENT = datetime.timedelta(seconds=float(os.environ.get("NEXUS_TEST_SILENT", jobs.SILENT.total_seconds())))
#: With a pause that never ends, who asked a Redis that failed is counted.
shared.PAUSE = float(os.environ.get("NEXUS_TEST_PAUSE", shared.PAUSE))
#: So that a test need not wait long for whoever follows one that was killed.
deliveries.LEASE = datetime.timedelta(
    seconds=float(os.environ.get("NEXUS_TEST_LEASE", deliveries.LEASE.total_seconds()))
)
OPERATOR = Actor.operator(Door.WEB)
PASSWORD = "correct horse battery staple"


def user(name: str) -> str:
    """An access token of an account, which is made if it is not there."""
    if not User.objects.filter(username=name).exists():
        accounts.create_user(OPERATOR, name, f"{name}@example.org", PASSWORD)
    return accounts.sign_in(name, PASSWORD, address="127.0.0.1").access


def old_token(name: str) -> str:
    """An access token of an hour ago."""
    with clock.at(clock.now() - datetime.timedelta(hours=1)):
        return user(name)


def personal_token(name: str, hubs: list[str] | None = None, scopes: list[str] | None = None) -> list[str]:
    """Id and secret of a new one."""
    only = None if hubs is None else [UUID(each) for each in hubs]
    wide = {} if scopes is None else {"scopes": [Scope(each) for each in scopes]}
    user = User.objects.get(username=name)
    token, secret = accounts.create_personal_token(OPERATOR, "test", user=user, hubs=only, **wide)
    return [str(token.pk), secret]


def session(name: str) -> str:
    """The key of a session in which somebody is signed in."""
    someone = User.objects.get(username=name)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(someone.pk), someone.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store.create()
    return str(store.session_key)


def sign_out(key: str) -> None:
    import_module(settings.SESSION_ENGINE).SessionStore(key).flush()


def sign_out_everywhere(name: str) -> None:
    accounts.sign_out_everywhere(OPERATOR, User.objects.get(username=name))


def deactivate(name: str) -> None:
    accounts.set_active(OPERATOR, User.objects.get(username=name), active=False)


def set_password(name: str) -> None:
    accounts.set_password(OPERATOR, User.objects.get(username=name), secrets.token_urlsafe(20))


def make_administrator(name: str) -> None:
    User.objects.filter(username=name).update(is_administrator=True)


def revoke(token: str) -> None:
    accounts.revoke_personal_token(OPERATOR, PersonalToken.objects.get(pk=token).pk)


def hub(slug: str, visibility: str = "private", members: dict[str, str] | None = None) -> int:
    """The number of its newest activity."""
    hubs.create_hub(OPERATOR, slug, visibility=visibility)
    for name, role in (members or {}).items():
        user(name)
        hubs.set_member(OPERATOR, slug, name, role)
    return sequence(slug)


def sequence(slug: str) -> int:
    return Hub.objects.get(slug=slug).sequence


def id_of(slug: str) -> str:
    return str(Hub.objects.get(slug=slug).pk)


def member(slug: str, name: str, role: str) -> None:
    hubs.set_member(OPERATOR, slug, name, role)


def remove(slug: str, name: str) -> None:
    hubs.remove_member(OPERATOR, slug, name)


def visibility(slug: str, value: str) -> None:
    hubs.update_hub(OPERATOR, slug, visibility=value)


def toggle(slug: str, archived: bool) -> None:
    hubs.archive_hub(OPERATOR, slug, archived=archived)


def page(slug: str, path: str, text: str, *, message: str = "") -> None:
    """A page that is made, or edited when it is there."""
    if Hub.objects.filter(slug=slug, pages__path=path, pages__live_key__isnull=False).exists():
        pages.edit_page(
            OPERATOR, slug, path, text.encode(), base=path_for(OPERATOR, slug, path).head_id, message=message
        )
    else:
        pages.create_page(OPERATOR, slug, path, text.encode(), message=message)


def page_id(slug: str, path: str) -> str:
    return str(path_for(OPERATOR, slug, path).pk)


@in_transaction
def noise(slug: str, number: int, size: int) -> None:
    """Activities with large facts."""
    of = activity.locked_hub(Hub.objects.get(slug=slug).pk)
    for _ in range(number):
        activity.record(of, OPERATOR, "test.noise", {"noise": "x" * size})


def webhook(slug: str, name: str, url: str, events: list[str]) -> str:
    """The secret of somebody's new webhook."""
    actor = Actor.of(User.objects.get(username=name), Door.REST)
    return webhooks.create_webhook(actor, slug, url, events=events)[1]


def tries(slug: str, name: str) -> str:
    """What somebody's writing into a hub comes to."""
    try:
        pages.create_page(Actor.of(User.objects.get(username=name), Door.WEB), slug, "theirs.md", b"x")
    except Denied as error:
        return error.code
    return "stored"


_looks = count()
_look = rooms.look


def _counted(*args: Any) -> Any:
    next(_looks)
    return _look(*args)


rooms.look = _counted


def looks() -> int:
    """How often a room looked at its log, this being once more."""
    return next(_looks)


def log_of(slug: str) -> list[list[Any]]:
    return [list(row) for row in Activity.objects.filter(hub__slug=slug).order_by("seq").values_list("seq", "verb")]


DEEDS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        user, old_token, personal_token, session, sign_out, sign_out_everywhere, deactivate, set_password,
        make_administrator, toggle, revoke, hub,
        sequence, id_of, page_id, member, remove, visibility, page, noise, webhook, tries, looks, log_of,
        furnishing.furnish, furnishing.rows, furnishing.paths, furnishing.waiting_jobs,
        furnishing.job_state, furnishing.pulls, furnishing.delete_hub, furnishing.revoke_share,
        furnishing.move, furnishing.off_why, poisoned,
    )
}  # fmt: skip


@csrf_exempt
def do(request: HttpRequest) -> JsonResponse:
    asked = json.loads(request.body)
    return JsonResponse({"result": DEEDS[asked["deed"]](*asked["args"], **asked["kwargs"])})


urlpatterns = [path("do", do), *urls.urlpatterns]
handler404 = urls.handler404
