"""What Django itself raises, said as the domain would."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nexus.base.errors import Denied, Invalid, NexusError, NotFound
from nexus.web.middleware import error_page


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """No such address: the same page as for what one may not see."""
    return error_page(request, NotFound())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """A request Django refuses."""
    return error_page(request, Denied("That is not allowed."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that did not come from this site, or is too old."""
    return error_page(
        request, Denied("This form is too old, or did not come from here.", remedy="Go back, reload, try again.")
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """A request that makes no sense, a Host that is not ours among them; so nothing of it is used."""
    error = Invalid("That request cannot be understood.")
    return render(None, "web/plain_error.html", {"error": error, "heading": "Bad request"}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect of ours. Rendered without the request, but for its id: whatever failed may fail again."""
    name = getattr(request, "request_id", "")
    error = NexusError(
        "Something broke on our side.",
        remedy=f"It is in the log{f' as request {name}' if name else ''}. Nothing you saved is lost; try again.",
    )
    return render(None, "web/plain_error.html", {"error": error, "heading": "Something broke"}, status=500)
