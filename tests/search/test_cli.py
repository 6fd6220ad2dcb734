"""`nexus search`: what it prints for people and for machines."""

import json

import pytest
from tests.search.test_search import AMINA, KOFI, PASTED
from typer.testing import CliRunner

from nexus.ops.cli.commands import tree
from nexus.pages import actions

pytestmark = pytest.mark.django_db(transaction=True)
run = CliRunner().invoke


@pytest.fixture
def app(cast, hub):
    actions.create_page(cast.lea, "cohort", "amina/README.md", AMINA.encode())
    actions.create_page(cast.leo, "cohort", "log.md", KOFI.encode())
    return tree([])


def test_machines_get_one_object(app):
    said = json.loads(run(app, ["search", "docker images", "--json", "--limit", "1"]).stdout)
    assert list(said) == ["results", "facets", "next"]
    assert said["facets"] == {"challenge": 1, "page": 1, "practice": 1}
    assert said["next"] == "1"
    (found,) = said["results"]
    assert {name: found[name] for name in ("type", "kind", "hub", "path", "title", "person", "is_solved", "match")} == {
        "type": "entry", "kind": "challenge", "hub": "cohort", "path": "amina/README.md", "title": "Docker images of 1.2 GB",
        "person": "lea", "is_solved": True, "match": None,
    }  # fmt: skip
    assert found["url"] == f"/cohort/challenges/{found['id']}-docker-images-of-12-gb"
    assert found["marks"]["title"] == [[0, 6], [7, 13]]


def test_people_get_lines(app):
    said = run(app, ["search", PASTED]).output
    assert said.startswith("challenge\tcohort\tamina/README.md\tThe web container could not reach the database\n")
    assert "    The host is the name of the service, db." in said
    assert "Nothing was found." in run(app, ["search", "nothingofthekind"]).output


def test_it_is_asked_as_somebody(app, cast):
    cast.user("charlie")
    assert json.loads(run(app, ["search", "docker", "--json", "--as", "charlie"]).stdout) == {
        "results": [], "facets": {}, "next": None,
    }  # fmt: skip


def test_a_bad_kind_is_refused(app):
    refused = run(app, ["search", "docker", "--kind", "nonsense", "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"]["field"] == "kind"
