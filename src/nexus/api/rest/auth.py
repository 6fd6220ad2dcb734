"""`auth/token` and what it gives; `me` and its personal tokens."""

import uuid
from typing import Any

from rest_framework import serializers

from nexus.accounts import actions, queries
from nexus.accounts.actor import Scope
from nexus.accounts.models import PersonalToken
from nexus.api import paging
from nexus.api.rest.checks import Paged, Strict
from nexus.api.rest.resource import Answer, Resource, operation
from nexus.base.errors import Unauthenticated
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for

_NEVER_KEPT = {"Cache-Control": "no-store"}


class Credentials(Strict):
    """Who signs in."""

    username = serializers.CharField(max_length=254, help_text="The name, or the e-mail address.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class RefreshSent(Strict):
    """A refresh token, the newest of its family."""

    refresh = serializers.CharField(max_length=200)


class TokenSent(Strict):
    """A refresh token, whose family ends, or a personal token."""

    token = serializers.CharField(max_length=200)


class PairShown(serializers.Serializer[Any]):
    """Tokens of a program that signed in."""

    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    refresh = serializers.CharField(help_text="Good once, for the next pair.")
    expires_in = serializers.IntegerField(help_text="Seconds until `access` ends.")


class Token(Resource):
    """Signing in by a program."""

    @operation("Sign in", body=Credentials, answer=PairShown, scope=None)
    def post(self) -> Answer:
        pair = actions.sign_in(
            self.sent["username"], self.sent["password"], address=self.request.META.get("REMOTE_ADDR", ""),
            label=self.request.headers.get("User-Agent", ""),
        )  # fmt: skip
        return Answer(pair, headers=_NEVER_KEPT)


class Refresh(Resource):
    """The next pair of tokens."""

    @operation("Refresh the tokens", body=RefreshSent, answer=PairShown, scope=None)
    def post(self) -> Answer:
        return Answer(actions.refresh(self.sent["refresh"]), headers=_NEVER_KEPT)


class Revoked(serializers.Serializer[Any]):
    """That it is over."""

    revoked = serializers.BooleanField()


class Revoke(Resource):
    """Signing out."""

    @operation("Sign out", body=TokenSent, answer=Revoked, scope=None)
    def post(self) -> dict[str, bool]:
        actions.revoke(self.sent["token"])
        return {"revoked": True}


class MeShown(serializers.Serializer[Any]):
    """The account that asks."""

    id = serializers.UUIDField(source="pk")
    username = serializers.CharField()
    name = serializers.CharField(source="person.name")
    email = serializers.EmailField(
        allow_null=True, help_text="Shown to nobody else; null: what you gave is not confirmed."
    )
    is_administrator = serializers.BooleanField()
    joined_at = serializers.DateTimeField()
    scopes = serializers.ListField(child=serializers.ChoiceField(list(Scope)), help_text="How far the token reaches.")


class Me(Resource):
    """The account that asks."""

    @operation("Who you are", answer=MeShown)
    def get(self) -> Any:
        user = queries.account_of(self.actor)
        user.scopes = sorted(self.actor.scopes)  # type: ignore[attr-defined]  # shown beside the account
        return user


class SignOutEverywhere(Resource):
    """The end of every session and token of an account."""

    @operation("Sign out everywhere", status=204, scope=Scope.ADMIN, refusals=(403,))
    def post(self) -> None:
        actions.sign_out_everywhere(self.actor)


class TokenMade(Strict):
    """A personal token that is to be."""

    name = serializers.CharField(max_length=100, help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(list(Scope)),
        min_length=1,
        max_length=3,
        help_text="`write` includes `read`.",
    )
    hubs = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, allow_null=True, default=None, max_length=100,
        help_text="The slugs of the only hubs it reaches; null for all.",
    )  # fmt: skip
    days = serializers.IntegerField(
        required=False, default=actions.TOKEN_DAYS, min_value=1, max_value=actions.MAX_TOKEN_DAYS
    )


class TokenShown(serializers.Serializer[PersonalToken]):
    """A personal token, without its secret."""

    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    hint = serializers.CharField(help_text="Its first characters.")
    scopes = serializers.ListField(child=serializers.CharField())
    hubs = serializers.ListField(child=serializers.UUIDField(), allow_null=True, help_text="Ids; null for all.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class NewTokenShown(TokenShown):
    """A personal token just made, with its secret, which is shown this once."""

    token = serializers.CharField()


class Tokens(Resource):
    """One's personal tokens."""

    @operation("List your personal tokens", query=Paged, answer=TokenShown, many=True)
    def get(self) -> Any:
        _signed_in(self)
        return paging.page_of(queries.personal_tokens(self.actor), ("-created_at", "-pk"), **self.asked)

    @operation(
        "Make a personal token",
        body=TokenMade,
        answer=NewTokenShown,
        status=201,
        scope=Scope.ADMIN,
        refusals=(403, 409),
    )
    def post(self) -> Answer:
        slugs = self.sent["hubs"]
        hubs = None if slugs is None else [hub_for(self.actor, slug).pk for slug in slugs]
        token, secret = actions.create_personal_token(
            self.actor, self.sent["name"], scopes=self.sent["scopes"], hubs=hubs, days=self.sent["days"]
        )
        token.token = secret  # type: ignore[attr-defined]  # shown this once
        return Answer(token, headers=_NEVER_KEPT)


class OneToken(Resource):
    """A personal token."""

    @operation("Revoke a personal token", status=204, scope=Scope.ADMIN)
    def delete(self, token_id: uuid.UUID) -> None:
        _signed_in(self)
        actions.revoke_personal_token(self.actor, token_id)


def _signed_in(resource: Resource) -> None:
    if not resource.actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in first."))
