"""What Django itself raises, said as the domain would."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from nexus.base.errors import Denied, Invalid, Limited, NexusError, NotFound, Unavailable
from nexus.base.sentences import Sentence
from nexus.hubs.outages import outage
from nexus.web.middleware import HEADINGS, error_page, plain_page


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's signature
    """No such address: the same page as for what one may not see."""
    return error_page(request, NotFound())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's signature
    """A request Django refuses."""
    return error_page(request, Denied(Sentence("That is not allowed.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """A form that did not come from this site, or is too old."""
    return error_page(
        request,
        Denied(
            Sentence("This form is too old, or did not come from here."), remedy=Sentence("Go back, reload, try again.")
        ),
    )


# Django's signature
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """A request that makes no sense, a Host that is not ours among them; so nothing of it is used."""
    if isinstance(exception, RequestDataTooBig):
        large = Limited(
            Sentence("That is more than a form may carry."),
            remedy=Sentence(
                "Go back: your browser still has what you typed. A page may have 2 MB; divide it into several."
            ),
        )
        return plain_page(large, Sentence("Too much"))
    error = Invalid(
        Sentence("That request cannot be understood."),
        remedy=Sentence("Check the address; whoever runs this server finds the reason in its log."),
    )
    return plain_page(error, Sentence("Bad request"))


def server_error(request: HttpRequest) -> HttpResponse:
    """A defect of ours, or a database that did not answer before or after a view. Rendered without the request, but for
    its id: whatever failed may fail again."""
    if away := outage(sys.exception()):
        return plain_page(away, HEADINGS[Unavailable])
    name = getattr(request, "request_id", "")
    where = Sentence("It is in the log as request %(id)s.", id=name) if name else Sentence("It is in the log.")
    error = NexusError(
        Sentence("Something broke on our side."),
        remedy=Sentence("%(where)s Nothing you saved is lost; try again.", where=where),
    )
    return plain_page(error, Sentence("Something broke"))
