"""The door: POST /graphql answers queries, GET shows a browser where to try them."""

import json
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie

from nexus.accounts.actor import Actor, Door
from nexus.api import limits
from nexus.api.authentication import actor_of
from nexus.api.graphql.refusals import refusal
from nexus.api.graphql.requests import asked
from nexus.api.reviewing import reviewed
from nexus.base.errors import Invalid, NexusError, Throttled, Unauthenticated, Unavailable
from nexus.base.sentences import Sentence
from nexus.hubs.outages import outage

#: What stands in the box of whoever comes to try.
FIRST = """# What you may read here, as whoever you are signed in as.
# Ctrl-Enter sends it; Ctrl-Space completes what you type.
{
  hubs(first: 5) {
    nodes {
      slug
      title
      pages(first: 5) {
        path
        title
        author { name }
      }
    }
  }
}
"""
_RESPONSE = "application/graphql-response+json"
_STATUS = {"method_not_allowed": 405, "unsupported_media_type": 415}


@csrf_exempt  # actor_of asks for the token of whoever comes with a session
def graphql(request: HttpRequest) -> HttpResponse:
    """One query (https://graphql.github.io/graphql-over-http); what is refused before it runs is no 200."""
    if request.method in ("GET", "HEAD") and request.accepts("text/html"):
        return _explorer(request)
    # The schema takes as long to import as all else together: who never asks never waits for it.
    from nexus.api.graphql.execution import answer

    turn: limits.Turn | None = None
    try:
        if request.method != "POST":
            raise Invalid(
                Sentence("A query is sent by POST."),
                code="method_not_allowed",
                remedy=Sentence("POST it as application/json."),
            )
        address = request.META.get("REMOTE_ADDR", "")
        try:
            actor = actor_of(request, Door.GRAPHQL)
        except Unauthenticated:
            turn = limits.take_turn(Actor.anonymous(Door.GRAPHQL), address)
            raise
        turn = limits.take_turn(actor, address)
        turn.check()
        site = request.build_absolute_uri("/")
        body = answer(
            asked(request), actor, getattr(request, "request_id", ""), site=site, reviewed=reviewed(request.headers)
        )
        response = _json(request, body, 200)
    except (NexusError, Error) as error:
        refused = error if isinstance(error, NexusError) else outage(error)
        if refused is None:
            raise
        response = _refused(request, refused)
    for name, value in (turn.headers() if turn else {}).items():
        response.headers[name] = value
    return response


def subscription(payload: Any, actor: Actor, address: str) -> Any:
    """The subscription that somebody asks for over a WebSocket, as `subscriptions.Subscription`; it counts as a request.
    Raises NexusError."""
    from nexus.api.graphql import subscriptions

    limits.take_turn(actor, address).check()
    return subscriptions.subscription(payload)


@ensure_csrf_cookie  # its queries are a session's writes
def _explorer(request: HttpRequest) -> HttpResponse:
    return render(request, "graphql/explorer.html", {"first": FIRST})


def _refused(request: HttpRequest, error: NexusError) -> HttpResponse:
    status = _STATUS.get(error.code, error.status)
    response = _json(request, {"errors": [refusal(error, status)]}, status)
    if error.code == "method_not_allowed":
        response["Allow"] = "POST"
    if isinstance(error, Throttled | Unavailable):
        response["Retry-After"] = str(error.details.get("retry_after", 2))
    if isinstance(error, Unauthenticated):
        response["WWW-Authenticate"] = f'Bearer error="{error.code}"'
    return response


def _json(request: HttpRequest, body: dict[str, Any], status: int) -> HttpResponse:
    kind = _RESPONSE if _RESPONSE in request.headers.get("Accept", "") else "application/json"
    return HttpResponse(json.dumps(body, ensure_ascii=False, separators=(",", ":")), kind, status)
