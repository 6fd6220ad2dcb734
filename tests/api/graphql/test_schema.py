"""The schema is a promise: every name in it is explained, and none is taken back in silence."""

import re

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLScalarType, get_introspection_query

from nexus.api.graphql.schema import schema
from nexus.ops.reference import BreakingChange, graph

OURS = {name: kind for name, kind in schema.type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def test_everything_is_explained():
    unsaid = [name for name, kind in OURS.items() if not kind.description and name not in BUILT_IN]
    for name, kind in OURS.items():
        if isinstance(kind, GraphQLObjectType):
            for field_name, field in kind.fields.items():
                unsaid += [f"{name}.{field_name}"] * (not field.description)
                unsaid += [f"{name}.{field_name}({arg})" for arg, each in field.args.items() if not each.description]
        elif isinstance(kind, GraphQLEnumType):
            unsaid += [f"{name}.{value}" for value, each in kind.values.items() if not each.description]
    assert unsaid == []


def test_no_type_takes_just_anything():
    """Free JSON goes out (an activity's facts), never in."""
    scalars = {name for name, kind in OURS.items() if isinstance(kind, GraphQLScalarType)} - BUILT_IN
    assert scalars == {"JSON", "DateTime", "Date"}


def test_a_name_that_is_taken_back_must_be_said():
    old = graph("", "").replace("type Hub {", 'type Hub {\n  """Gone."""\n  nickname: String\n')
    with pytest.raises(BreakingChange, match=r"Hub\.nickname was removed"):
        graph(old, "# Changelog\n\n## Unreleased\n\n## 1.0\n\n- Hub.nickname was removed.\n")
    assert graph(old, "# Changelog\n\n## Unreleased\n\n- Hub.nickname was removed.\n\n## 1.0\n") == graph("", "")


def test_a_name_that_is_new_need_not_be_said():
    old = re.sub(r'  """The number of the newest activity."""\n  sequence: Int!\n', "", graph("", ""))
    assert old != graph("", "")
    assert graph(old, "") == graph("", "")


def test_the_schema_can_be_asked_for(post, db):
    """As every client does: the question that tools send fits the limits."""
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    said = post({"query": query, "operationName": "IntrospectionQuery"}).json()
    assert {kind["name"] for kind in said["data"]["__schema"]["types"]} == set(schema.type_map)
