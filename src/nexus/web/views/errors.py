"""What Django itself raises, said as the domain would."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from nexus.base.errors import Denied, Invalid, NexusError, NotFound
from nexus.base.sentences import Sentence
from nexus.web.middleware import error_page


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """No such address: the same page as for what one may not see."""
    return error_page(request, NotFound())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """A request Django refuses."""
    return error_page(request, Denied(Sentence("That is not allowed.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that did not come from this site, or is too old."""
    return error_page(
        request,
        Denied(
            Sentence("This form is too old, or did not come from here."), remedy=Sentence("Go back, reload, try again.")
        ),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """A request that makes no sense, a Host that is not ours among them; so nothing of it is used."""
    error = Invalid(Sentence("That request cannot be understood."))
    return render(None, "web/plain_error.html", {"error": error, "heading": gettext("Bad request")}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect of ours. Rendered without the request, but for its id: whatever failed may fail again."""
    name = getattr(request, "request_id", "")
    where = Sentence("It is in the log as request %(id)s.", id=name) if name else Sentence("It is in the log.")
    error = NexusError(
        Sentence("Something broke on our side."),
        remedy=Sentence("%(where)s Nothing you saved is lost; try again.", where=where),
    )
    return render(None, "web/plain_error.html", {"error": error, "heading": gettext("Something broke")}, status=500)
