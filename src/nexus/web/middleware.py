"""One place where the domain's errors become pages, and where nothing personal becomes cacheable."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nexus.base.errors import Denied, Limited, NexusError, NotFound, Throttled, Unauthenticated, Unavailable
from nexus.base.sentences import Sentence
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
        return error_page(request, error) if isinstance(error, NexusError) else None


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
    heading = HEADINGS.get(type(error), Sentence("That did not work"))
    context = {"error": error, "heading": said(heading), "kept": kept(request)}
    return refused(render(request, "web/error.html", context), error)


def refused(response: HttpResponse, error: NexusError) -> HttpResponse:
    """`response`, which says a refusal, with its status and what goes with it."""
    response.status_code = error.status
    response["Cache-Control"] = "private, no-store"
    if isinstance(error, Unavailable | Throttled):
        response["Retry-After"] = str(error.details.get("retry_after", 2))
    return response
