"""Signing in with an account elsewhere: the way there and back, which allauth goes (accounts.elsewhere has the rules)."""

from urllib.parse import urlsplit

from allauth.account.views import email, login, signup
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from requests import RequestException

from nexus.accounts.elsewhere import OpenIDAdapter, Way, way_called
from nexus.accounts.queries import has_confirmed
from nexus.base.errors import NotFound, Unavailable
from nexus.base.sentences import Sentence
from nexus.web.door import actor_of

#: What of an address the way there is asked with: the rest would be handed on.
_ASKED = {"process", "next"}
#: The longest address that one is led back to, in characters.
MAX_WAY = 2_000


def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way there: a page that leads on, since a form may not lead to another site (form-action)."""
    way = _way(provider_id)
    asked = request.GET.copy()
    for name in set(asked) - _ASKED:
        del asked[name]
    request.GET = asked  # type: ignore[assignment]  # allauth only reads it
    try:
        response: HttpResponse = (
            github.oauth2_login(request) if way.kind == "github" else openid.login(request, provider_id)
        )
    except (OAuth2Error, RequestException, ValueError) as error:
        raise Unavailable(
            Sentence("%(name)s does not answer.", name=way.name), remedy=Sentence("Try again, or sign in otherwise.")
        ) from error
    if response.status_code == 302 and response["Location"].partition("://")[0] in {"http", "https"}:
        return render(request, "account/leaving.html", {"way": way, "target": response["Location"]})
    return response


def finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way back."""
    way = _way(provider_id)
    ends = OAuth2CallbackView.adapter_view(OpenIDAdapter(request, provider_id))
    response: HttpResponse = github.oauth2_callback(request) if way.kind == "github" else ends(request)
    return response


def here(request: HttpRequest) -> HttpResponse:
    """Signing in; then one is back where one came from. A page that is not there says nothing of what was asked for, so the
    way back is what the browser says by itself (docs/adr/0100)."""
    _lead_back(request)
    response: HttpResponse = login(request)
    return response


def new(request: HttpRequest) -> HttpResponse:
    """Making an account, and back."""
    _lead_back(request)
    response: HttpResponse = signup(request)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def addresses(request: HttpRequest) -> HttpResponse:
    """The addresses of an account. Only a confirmed one becomes the main one: whether another can would tell whose it is."""
    actor = actor_of(request)
    is_chosen = "action_primary" in request.POST and actor.is_signed_in
    if is_chosen and not has_confirmed(actor, request.POST.get("email", "")):
        messages.error(request, _("Confirm that address first, by the link in the mail that went there."))
        return redirect("account_email")
    response: HttpResponse = email(request)
    return response


def _lead_back(request: HttpRequest) -> None:
    if request.method != "GET" or "next" in request.GET:
        return
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc != request.get_host() or came.path.startswith("/account/") or len(came.path) > MAX_WAY:
        return
    back = came._replace(scheme="", netloc="", fragment="").geturl()
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        asked = request.GET.copy()
        asked["next"] = back
        request.GET = asked  # type: ignore[assignment]  # allauth only reads it


def _way(provider_id: str) -> Way:
    way = way_called(provider_id)
    if way is None:
        raise NotFound
    return way
