"""Signing in with an account elsewhere (OpenID Connect, GitHub) through allauth, by rules under which nobody takes one over:
only who signed in here connects another account to theirs, and an address alone never does.

allauth leaves three checks of OpenID Connect Core 1.0 out that are made here: of the ID token's signature and its nonce, and
that the claims are about whom it names.
"""

import hashlib
from typing import Any, NamedTuple

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import get_request_param
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.text import slugify

from nexus.accounts.models import User
from nexus.base.errors import Conflict
from nexus.base.sentences import Sentence

#: What signs an ID token: by a key pair, never by a secret or not at all (RFC 8725 §3.1).
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: The clocks of two servers may differ by so many seconds.
LEEWAY = 60


class Way(NamedTuple):
    """A provider that accounts may come from: its id in addresses, the kind of it in allauth, and what it is called."""

    id: str
    kind: str
    name: str


def ways() -> list[Way]:
    """The providers that are set."""
    return [
        Way(app.get("provider_id", kind), kind, app["name"])
        for kind, provider in settings.SOCIALACCOUNT_PROVIDERS.items()
        for app in provider["APPS"]
    ]


def way_called(provider_id: str) -> Way | None:
    """The provider with that id, if it is set."""
    return next((way for way in ways() if way.id == provider_id), None)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's calls, answered with our rules."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        if found.id == "openid_connect":
            found.oauth2_adapter_class = OpenIDAdapter
        return found

    def pre_social_login(self, _request: HttpRequest, sociallogin: Any) -> None:
        """Refuses whose address has an account, and says so to who has proved that it is theirs."""
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        proved = [each.email.lower() for each in sociallogin.email_addresses if each.verified]
        taken = User.objects.filter(email__in=proved).exists() or EmailAddress.objects.filter(email__in=proved).exists()
        if taken:
            raise Conflict(
                Sentence("That address has an account here."),
                code="email_taken",
                remedy=Sentence("Sign in to it with its password; then connect the other one under your account."),
            )

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Proposes a name that may be taken; the form lets it be changed."""
        user = super().populate_user(request, sociallogin, data)
        user.username = slugify(str(data.get("username") or data.get("name") or "").replace(".", "-"))[:39].strip("-_")
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        with transaction.atomic():
            return super().save_user(request, sociallogin, form)


class _Client(OAuth2Client):  # type: ignore[misc]  # allauth has no types
    """Asks for an ID token that is good for this request alone."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        extra = extra_params | {"nonce": _nonce(self.state)}
        return str(super().get_redirect_url(authorization_url, scope, extra))


def _nonce(state: str | None) -> str:
    """The nonce of a request: from its state, which is in the session of whoever began it and is good once."""
    return hashlib.sha256(f"nonce {state}".encode()).hexdigest()


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Who somebody is according to an OpenID provider."""

    client_class = _Client

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error unless it is the one that was set (Discovery 1.0 §4.3)."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != settings.OIDC_ISSUER:
            raise OAuth2Error("The provider calls itself otherwise than NEXUS_OIDC_ISSUER does.")
        if not all(isinstance(config.get(name), str) for name in ENDPOINTS):
            raise OAuth2Error("The provider does not say where it is asked.")
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Raises OAuth2Error unless ID token and claims hold and are about one and the same."""
        said = self._checked(str(kwargs["response"].get("id_token", "")), app)
        if said.get("nonce") != _nonce(get_request_param(request, "state")):
            raise OAuth2Error("The ID token was made for another request.")
        claims = self._fetch_user_info(token.token) if self.openid_config.get("userinfo_endpoint") else dict(said)
        if claims.get("sub") != said["sub"]:
            raise OAuth2Error("The claims are about somebody else.")
        claims["email_verified"] = claims.get("email_verified") is True
        return self.get_provider().sociallogin_from_response(request, {"userinfo": claims, "id_token": said})

    def _checked(self, id_token: str, app: Any) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            published = answer.json()
        try:
            name = jwt.get_unverified_header(id_token).get("kid")
            keys = [key for key in jwt.PyJWKSet.from_dict(published).keys if name in (None, key.key_id)]
            claims: dict[str, Any] = jwt.decode(
                id_token, keys[0], ALGORITHMS, audience=app.client_id, issuer=self.openid_config["issuer"], leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except (jwt.PyJWTError, IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise OAuth2Error("The ID token does not hold.") from error
        return claims
