"""The reference and the error codes as pages: all that the API does, in examples that can be run; every code explained."""

import re
import shlex

import pytest
from tests.api.rest.conftest import Caller

from nexus.api import codes
from nexus.api.rest.guide import nouns
from nexus.api.rest.reference import document

OPERATIONS = [operation for noun in nouns() for operation in noun.operations]


@pytest.fixture
def page(client, db, django_assert_num_queries):
    def page(address: str) -> str:
        with django_assert_num_queries(0):
            response = client.get(address)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")
        assert "script-src 'self'" in response["Content-Security-Policy"]
        return response.content.decode()

    return page


def test_every_operation_is_shown_once(page):
    shown = page("/api/v1/docs")
    named = [told["operationId"] for methods in document()["paths"].values() for told in methods.values()]
    assert sorted(re.findall(r'<article class="op" id="(\w+)"', shown)) == sorted(named)
    assert len(named) > 50
    for name in named:
        assert f'href="#{name}"' in shown.partition("<main")[0], name  # in the list beside it
    assert shown.count("http://testserver/api/v1") == 1


@pytest.mark.parametrize("address", ["/api/v1/docs", "/api/v1/errors"])
def test_nothing_comes_from_elsewhere_and_nothing_is_inline(page, address):
    """The strict policy has nothing to refuse."""
    shown = page(address)
    assert re.findall(r'\s(?:style|on\w+)="', shown) == []
    assert all(
        source.startswith("/static/")
        for source in re.findall(r'<(?:script|img|link rel="stylesheet")[^>]* (?:src|href)="([^"]+)', shown)
    )
    assert re.findall(r"<script(?![^>]* src=)", shown) == []
    assert "noindex" not in shown.partition("</head>")[0]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_examples_can_be_run(operation):
    examples = dict(operation.examples)
    words = shlex.split(examples["curl"])
    assert words[0] == "curl"
    assert f"$NEXUS{operation.path}" in words
    assert words[words.index("-X") + 1] == operation.method if "-X" in words else operation.method == "GET"
    compile(examples["Python"], operation.id, "exec")
    assert f".{operation.method.lower()}(" in examples["Python"]
    opened = examples["JavaScript"]
    assert [opened.count(mark) for mark in "({["] == [opened.count(mark) for mark in ")}]"]
    for text in examples.values():
        assert ("Bearer TOKEN" in text) == bool(operation.scope)


def test_what_is_sent_and_answered_is_named():
    (change,) = [each for each in OPERATIONS if each.id == "do_several_things_at_once"]
    assert {"message", "steps", "steps[].verb", "steps[].path"} <= {field.name for field in change.body}
    (verb,) = [field for field in change.body if field.name == "steps[].verb"]
    assert (verb.kind, verb.is_required) == ("create | edit | move | delete", True)
    assert '"verb": "create"' in change.examples[0][1]
    assert (change.scope, change.status) == ("write", 201)
    (put,) = [each for each in OPERATIONS if each.id == "put_a_text"]
    assert "If-Match" in [field.name for field in put.parameters]
    assert put.body_type == "text/markdown"
    assert "--data-binary" in put.examples[0][1]


def test_every_code_has_its_place(page):
    shown = page("/api/v1/errors")
    named = re.findall(r'<div id="([a-z_]+)">', shown)
    assert named == [each.code for each in codes.explained()]
    assert len(named) == len(set(named)) > 80
    table = codes.text().partition("## What `nexus doctor`")[0]
    assert set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))) <= set(named)
    assert "](" not in shown


def test_the_type_of_a_problem_leads_there(page, db):
    told = Caller().refused(404, "not_found", "GET", "hubs/nobodys")
    address, _, place = told["type"].partition("#")
    assert (address, place) == ("/api/v1/errors", "not_found")
    assert f'<div id="{place}">' in page(address)
    told = Caller().refused(400, "unknown_field", "GET", "hubs", colour="red")
    assert told["type"] == "/api/v1/errors#unknown_field"


@pytest.mark.parametrize("address", ["/api/v1/docs", "/api/v1/errors"])
def test_they_are_only_read(client, db, address):
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
