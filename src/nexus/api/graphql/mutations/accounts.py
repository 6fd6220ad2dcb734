"""The mutations of one's own account. Signing in is REST's alone: a password has one door to be guessed at."""

from typing import Any

import graphene

from nexus.accounts import actions
from nexus.accounts.actor import Actor, Scope
from nexus.accounts.models import Person, PersonalToken
from nexus.accounts.queries import account, personal_tokens
from nexus.api.graphql.mutations.payloads import Outcome, mutation, text_argument, uuid_of
from nexus.api.graphql.nouns.account import TokenType, ViewerType
from nexus.api.graphql.nouns.people import PersonType
from nexus.api.graphql.nouns.rows import ScopeEnum, value_of
from nexus.pages.claiming import claim_person


def _create_personal_token(
    actor: Actor, *, name: str, scopes: list[Any], days: int, hubs: list[str] | None = None
) -> Outcome:
    """A new token of yours. `secret` is shown this once and nowhere kept."""
    reached = None if hubs is None else [uuid_of(each, "hubs") for each in hubs]
    token, secret = actions.create_personal_token(
        actor, name, scopes=[value_of(each) for each in scopes], hubs=reached, days=days
    )
    return Outcome(token, secret=secret)


def _revoke_personal_token(actor: Actor, *, id: str) -> PersonalToken | None:  # noqa: A002  the argument's name
    """Ends a token of yours, which is the object."""
    token_id = uuid_of(id, "id")
    token = personal_tokens(actor).filter(pk=token_id).first()
    actions.revoke_personal_token(actor, token_id)
    return token


def _sign_out_everywhere(actor: Actor) -> Any:
    """Ends every session and token of yours, also the one that is shown here."""
    actions.sign_out_everywhere(actor)
    return account(actor)


def _claim_person(actor: Actor, *, handle: str) -> Person:
    """Says that you are somebody out of a Git history, whose e-mail address you confirmed; what they wrote is yours then."""
    return claim_person(actor, handle)


class AccountMutation(graphene.ObjectType):
    """What is done to one's own account."""

    create_personal_token = mutation(
        "CreatePersonalToken", TokenType, _create_personal_token,
        more={"secret": graphene.String(description="The token itself: keep it.")},
        name=text_argument("What it is for."),
        scopes=graphene.Argument(
            graphene.List(graphene.NonNull(ScopeEnum)), required=True, default_value=[Scope.READ],
            description="How far it reaches.",
        ),
        hubs=graphene.Argument(graphene.List(graphene.NonNull(graphene.ID)), description="The only hubs; none: all."),
        days=graphene.Argument(
            graphene.Int, required=True, default_value=actions.TOKEN_DAYS,
            description=f"How long it holds, 1 to {actions.MAX_TOKEN_DAYS}.",
        ),
    )  # fmt: skip
    revoke_personal_token = mutation(
        "RevokePersonalToken", TokenType, _revoke_personal_token,
        id=graphene.Argument(graphene.ID, required=True, description="Its id."),
    )  # fmt: skip
    claim_person = mutation("ClaimPerson", PersonType, _claim_person, handle=text_argument("Their place in addresses."))
    sign_out_everywhere = mutation("SignOutEverywhere", ViewerType, _sign_out_everywhere)
