"""Whoever asks: their account and their tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.db.models import prefetch_related_objects

from nexus.accounts.actor import Actor
from nexus.accounts.models import PersonalToken, User
from nexus.accounts.queries import account, personal_tokens
from nexus.api.graphql.edges import Edge, alone, many, one
from nexus.api.graphql.nouns.rows import NOUNS, RowType, ScopeEnum


class TokenType(RowType):
    """A token that you made for a program of yours. Its secret was shown once and is nowhere kept."""

    class Meta:
        model = PersonalToken
        name = "PersonalToken"
        about = {
            "id": "Its id, to revoke it by.", "name": "What it is for.", "hint": "Its first characters.",
            "created_at": "When it was made.", "expires_at": "When it ends.", "last_used_at": "When it was last shown.",
        }  # fmt: skip

    scopes = graphene.List(graphene.NonNull(ScopeEnum), required=True, description="How far it reaches.")
    hubs = graphene.List(graphene.NonNull(graphene.ID), description="Ids of the only hubs it reaches; null: all.")


def _tokens(actor: Actor, rows: Sequence[User], *, first: int) -> Mapping[Any, Any]:
    return {row.pk: list(personal_tokens(actor, row)[:first]) for row in rows}


def _person(_actor: Actor, rows: Sequence[User]) -> Mapping[Any, Any]:
    prefetch_related_objects(rows, "person")
    return {row.pk: getattr(row, "person", None) for row in rows}


class ViewerType(RowType):
    """You: the account whose token or session was shown."""

    class Meta:
        model = User
        name = "Viewer"
        about = {
            "id": "Its id.", "username": "Your name.", "email": "Your address, shown to nobody else; null: not confirmed.",
            "is_administrator": "Whether you manage this instance.",
        }  # fmt: skip

    person = one(f"{NOUNS}.people.PersonType", _person, description="You as others see you.")
    tokens = many(TokenType, _tokens, description="Your tokens that hold, newest first.")


def _viewer(_root: Any, info: Any) -> User | None:
    return alone(account(info.context.actor))


class AccountQuery(graphene.ObjectType):
    """What is asked of oneself."""

    viewer = Edge(ViewerType, resolver=_viewer, reads=1, description="Who you are; null when you are nobody.")
