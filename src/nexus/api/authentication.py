"""Who calls: a bearer token, or a browser's session (whose writes need the CSRF token, as its forms do)."""

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.accounts.queries import actor_by_bearer
from nexus.base.errors import Denied, Unauthenticated
from nexus.base.sentences import Sentence

_csrf = CsrfViewMiddleware(lambda _request: None)  # type: ignore[arg-type]  # only asked, never called


def actor_of(request: HttpRequest, door: Door) -> Actor:
    """The actor of a request; anonymous without any credential.

    A request with a token is the token's, whatever cookies came with it. Raises Unauthenticated for a token that does not
    hold, and for an Authorization header that is no bearer's; Denied("csrf") for a session's write without its token.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, bearer = header.partition(" ")
        if scheme.lower() != "bearer" or not bearer.strip():
            raise Unauthenticated(
                Sentence("That Authorization is not understood."),
                code="invalid_token",
                remedy=Sentence("Send `Authorization: Bearer TOKEN`."),
            )
        return actor_by_bearer(bearer.strip(), door)
    user = request.user
    if not isinstance(user, User):
        return Actor.anonymous(door)
    # nothing of them is called
    if _csrf.process_view(request, lambda: None, (), {}) is not None:  # type: ignore[arg-type,return-value]
        raise Denied(
            Sentence("A browser's session writes only with its CSRF token."), code="csrf",
            remedy=Sentence("Send the nexus_csrf cookie's value as X-CSRFToken, or use a token."),
        )  # fmt: skip
    return Actor.of(user, door)
