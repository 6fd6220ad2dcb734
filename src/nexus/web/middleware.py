"""One place where the domain's errors become pages, and where nothing personal becomes cacheable."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static

from nexus.accounts import sessions
from nexus.accounts.models import User
from nexus.accounts.queries import current_handle
from nexus.base.errors import Denied, Limited, NexusError, NotFound, Throttled, Unauthenticated, Unavailable
from nexus.base.sentences import Sentence
from nexus.hubs.access import former_hub
from nexus.hubs.audit import remember
from nexus.hubs.outages import outage
from nexus.pages.guard import SecretsFound
from nexus.web.asking import asking_page
from nexus.web.door import actor_of
from nexus.web.kept import kept
from nexus.web.said import said


class ErrorMiddleware:
    """Renders a NexusError that a view raised; marks every answer that says nothing else as private."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if away := outage(error):
            return plain_page(away, HEADINGS[Unavailable], request)
        if not isinstance(error, NexusError):
            return None
        if isinstance(error, NotFound) and (elsewhere := _now_at(request)):
            return HttpResponseRedirect(elsewhere, status=308)
        remember(error)
        return error_page(request, error)


def _now_at(request: HttpRequest) -> str:
    """The address of the same in the hub, or at the person, that was called so before, if it may be seen; "" for none."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    slug, handle = named.get("hub"), named.get("handle")
    path = request.get_full_path()
    if slug and (hub := former_hub(actor_of(request), slug)):
        return f"/{hub.slug}{path.removeprefix(f'/{slug}')}"
    if handle and (now := current_handle(handle)):
        return path.replace(f"/people/{handle}", f"/people/{now}", 1)
    return ""


class SeenMiddleware:
    """Remembers, every few minutes, that somebody's session is in use; asks nothing for it of a request that knew nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = request.__dict__.get("_cached_user")
        if isinstance(user, User) and request.session.session_key:
            sessions.keep(user, request.session, request.headers.get("User-Agent", ""))
        return response


HEADINGS: dict[type[NexusError], Sentence] = {
    Throttled: Sentence("A little slower, please"),
    NotFound: Sentence("Not found"),
    Unauthenticated: Sentence("Sign in first"),
    Denied: Sentence("That is not allowed"),
    Limited: Sentence("Too much"),
    Unavailable: Sentence("Not available right now"),
}


def error_page(request: HttpRequest, error: NexusError) -> HttpResponse:
    """The page for a refusal. A 404 is the same whatever was asked for and whoever asks in the same standing."""
    if isinstance(error, SecretsFound):
        return refused(asking_page(request, error), error)
    heading = HEADINGS.get(type(error), Sentence("That did not work"))
    context = {"error": error, "heading": said(heading), "kept": kept(request)}
    return refused(render(request, "web/error.html", context), error)


def plain_page(error: NexusError, heading: Sentence, request: HttpRequest | None = None) -> HttpResponse:
    """A page that asks nobody who reads it, and nothing of the database; without its look where the style sheet is what is
    missing. With `request` what was typed is given back."""
    try:
        style = static("nexus/nexus.css")
    except ValueError:
        style = ""
    typed = kept(request) if request else None
    context = {
        "error": error, "heading": said(heading), "style": style, "kept": typed, "user": {"is_authenticated": True},
        "csrf_token": get_token(request) if request and typed else "",
    }  # fmt: skip
    return refused(render(None, "web/plain_error.html", context), error)


def refused(response: HttpResponse, error: NexusError) -> HttpResponse:
    """`response`, which says a refusal, with its status and what goes with it."""
    response.status_code = error.status
    response["Cache-Control"] = "private, no-store"
    if isinstance(error, Unavailable | Throttled):
        response["Retry-After"] = str(error.details.get("retry_after", 2))
    return response
