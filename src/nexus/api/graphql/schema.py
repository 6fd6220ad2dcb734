"""The whole graph, and what each of its fields costs."""

import sys

import graphene
from graphene.utils.str_converters import to_camel_case
from graphql import GraphQLObjectType, GraphQLSchema
from graphql.pyutils import did_you_mean

from nexus.api.graphql.edges import Edge
from nexus.api.graphql.mutations.accounts import AccountMutation
from nexus.api.graphql.mutations.entries import EntryMutation
from nexus.api.graphql.mutations.hubs import HubMutation
from nexus.api.graphql.mutations.pages import PageMutation
from nexus.api.graphql.mutations.shares import ShareMutation
from nexus.api.graphql.mutations.sources import SourceMutation
from nexus.api.graphql.mutations.suspects import SuspectMutation
from nexus.api.graphql.mutations.webhooks import WebhookMutation
from nexus.api.graphql.nouns.account import AccountQuery
from nexus.api.graphql.nouns.changes import ChangeQuery
from nexus.api.graphql.nouns.entries import EntryQuery
from nexus.api.graphql.nouns.happenings import Subscription
from nexus.api.graphql.nouns.history import HistoryQuery
from nexus.api.graphql.nouns.hubs import HubQuery
from nexus.api.graphql.nouns.pages import PageQuery
from nexus.api.graphql.nouns.people import PersonQuery
from nexus.api.graphql.nouns.search import SearchQuery
from nexus.api.graphql.nouns.since import SinceQuery
from nexus.api.graphql.nouns.suspects import SuspectQuery
from nexus.api.graphql.nouns.topics import TopicQuery

# An error that guesses field names would tell the schema where introspection is closed.
sys.modules[did_you_mean.__module__].MAX_LENGTH = 0  # type: ignore[attr-defined]  # its documented switch


class Query(
    AccountQuery, HubQuery, PageQuery, TopicQuery, PersonQuery, EntryQuery, SearchQuery, ChangeQuery, HistoryQuery,
    SinceQuery, SuspectQuery,
):  # fmt: skip
    """What can be read. What you may not see is null, as what does not exist."""


class Mutation(
    HubMutation, PageMutation, EntryMutation, ShareMutation, SourceMutation, WebhookMutation, AccountMutation,
    SuspectMutation,
):  # fmt: skip
    """What can be done: one field for each action."""


def _built() -> GraphQLSchema:
    made: GraphQLSchema = graphene.Schema(query=Query, mutation=Mutation, subscription=Subscription).graphql_schema
    for kind in made.type_map.values():
        if isinstance(kind, GraphQLObjectType) and hasattr(kind, "graphene_type"):
            for name, field in kind.graphene_type._meta.fields.items():
                if isinstance(field, Edge):
                    kind.fields[to_camel_case(name)].extensions |= field.charges
    return made


schema = _built()
