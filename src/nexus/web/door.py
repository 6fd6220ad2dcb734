"""What every view shares: who is asking, and whether everybody gets the same."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a browser's request."""
    user = request.user
    return Actor.of(user, Door.WEB) if isinstance(user, User) else Actor.anonymous(Door.WEB)


def shared_page[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Declares that whoever is not signed in gets the same from `view`, made of public hubs and the address alone: then it
    may be kept and given to others (ops.front), who ask each time whether it still holds."""

    @functools.wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        request = args[0]
        assert isinstance(request, HttpRequest)  # noqa: S101  every view's first argument
        is_nobody = not actor_of(request).is_signed_in
        # A form's token is for one visitor: the page it stands in is theirs. So is one that a cookie may have changed, or
        # that will take a cookie back: a session that is over, what was to be said once.
        is_known = request.COOKIES.keys() - {settings.CSRF_COOKIE_NAME}
        is_personal = is_known or request.META.get("CSRF_COOKIE_NEEDS_UPDATE") or response.cookies
        if response.status_code == 200 and is_nobody and not is_personal and "Cache-Control" not in response:
            response["Cache-Control"] = "public, no-cache"
        return response

    return run


def sent_number[D: int | None](sent: Mapping[str, Any], name: str, default: D, *, times: int = 1) -> int | D:
    """A number of a form, not below 0, as often as `times`; `default` for an empty field. Raises Invalid."""
    text = str(sent.get(name, "")).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Invalid(Sentence("That is no number."), field=name, value=text)
    return int(text) * times
