"""What would show others a key is refused the same through every door, and done the same once somebody looked."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.api.doors import GraphQL, Play, Rest
from tests.api.rest.conftest import Caller
from tests.conftest import Cast, make_hub
from tests.pages.keys import KEYS, Maker
from typer.testing import CliRunner

from nexus.hubs.models import Activity, Hub
from nexus.ops.cli.commands import tree
from nexus.pages.models import Page, Reviewed, Share

KEY = KEYS["GitHub"](Maker(1))
TEXT = f"# Notes\n\nexport TOKEN={KEY}\n"


class ByRest(Rest):
    def told(self, who: str, method: str, address: str, body: Any = None, reviewed: str = "") -> Any:
        headers = {"Nexus-Reviewed": reviewed} if reviewed else {}
        answer = Caller(self.headers(who))(method, address, body, headers=headers)
        return answer.json() if answer.content else {}

    def write(self, who: str, path: str, text: str, reviewed: str = "") -> Any:
        return self.told(who, "POST", f"hubs/{self.hub}/pages", {"path": path, "text": text}, reviewed)

    def open(self, who: str, visibility: str, reviewed: str = "") -> Any:
        return self.told(who, "PATCH", f"hubs/{self.hub}", {"visibility": visibility}, reviewed)

    def share(self, who: str, path: str, reviewed: str = "") -> Any:
        return self.told(who, "POST", f"hubs/{self.hub}/shares", {"path": path}, reviewed)

    def suspects(self, who: str) -> Any:
        return self.told(who, "GET", f"hubs/{self.hub}/suspects").get("results")

    def review(self, who: str, *ids: str) -> Any:
        return self.told(who, "POST", f"hubs/{self.hub}/suspects", {"suspects": ids})


class ByGraphQL(GraphQL):
    FIELDS = "id path line what name masked version"

    def done(self, who: str, call: str, reviewed: str = "") -> Any:
        query = f"mutation {{ {call} {{ errors {{ code suspects {{ {self.FIELDS} }} }} }} }}"
        headers = self.headers(who) | ({"Nexus-Reviewed": reviewed} if reviewed else {})
        answer = Client().post("/graphql", {"query": query}, "application/json", headers=headers).json()
        errors = next(iter(answer["data"].values()))["errors"]
        return errors[0] if errors else {}

    def write(self, who: str, path: str, text: str, reviewed: str = "") -> Any:
        return self.done(who, f'createPage(hub: "cohort", path: "{path}", text: {json.dumps(text)})', reviewed)

    def open(self, who: str, visibility: str, reviewed: str = "") -> Any:
        return self.done(who, f'updateHub(hub: "cohort", visibility: {visibility.upper()})', reviewed)

    def share(self, who: str, path: str, reviewed: str = "") -> Any:
        return self.done(who, f'createShare(hub: "cohort", path: "{path}")', reviewed)

    def suspects(self, who: str) -> Any:
        found = self.post(who, f'{{ suspects(hub: "cohort") {{ more nodes {{ {self.FIELDS} }} }} }}')["data"][
            "suspects"
        ]
        return found and found["nodes"]

    def review(self, who: str, *ids: str) -> Any:
        call = f'reviewSuspects(hub: "cohort", suspects: {json.dumps(ids)})'
        return self.post(who, f"mutation {{ {call} {{ decided errors {{ code }} }} }}")["data"]["reviewSuspects"]


class ByCommand(Play):
    def told(self, who: str, *words: str, text: str | None = None, reviewed: str = "") -> Any:
        self.cast.user(who)
        more = ["--reviewed", reviewed] if reviewed else []
        run = CliRunner().invoke(tree([]), [*words, *more, "--json", "--as", who], input=text)
        told = json.loads(run.stdout)
        return told.get("error", told)

    def write(self, who: str, path: str, text: str, reviewed: str = "") -> Any:
        return self.told(who, "page", "put", self.hub, path, "-", text=text, reviewed=reviewed)

    def open(self, who: str, visibility: str, reviewed: str = "") -> Any:
        return self.told(who, "hub", "set", self.hub, "--visibility", visibility, reviewed=reviewed)

    def share(self, who: str, path: str, reviewed: str = "") -> Any:
        return self.told(who, "share", "create", self.hub, path, reviewed=reviewed)

    def suspects(self, who: str) -> Any:
        return self.told(who, "hub", "suspects", self.hub).get("results")

    def review(self, who: str, *ids: str) -> Any:
        return self.told(who, "hub", "review", self.hub, *ids)


@pytest.fixture(params=[ByRest, ByGraphQL, ByCommand])
def door(request, cast: Cast) -> Any:
    make_hub(cast, "cohort", "private")
    return request.param(cast)


@pytest.mark.django_db
def test_a_text_is_asked_about(door):
    Hub.objects.update(visibility="public")
    refusal = door.write("lea", "a.md", TEXT)
    assert refusal["code"] == "secrets_found"
    (told,) = refusal["suspects"]
    assert (told["path"], told["line"], told["what"], told["name"], told["version"]) == (
        "a.md",
        3,
        "key",
        "a key of GitHub",
        None,
    )
    assert KEY not in json.dumps(refusal)
    assert door.write("lea", "a.md", TEXT, "0" * 32)["code"] == "secrets_found"
    assert not Page.objects.exists()
    assert "code" not in door.write("lea", "a.md", TEXT, told["id"])
    assert Reviewed.objects.get().person.handle == "lea"
    assert "code" not in door.write("leo", "b.md", TEXT)
    assert [one.verb for one in Activity.objects.order_by("seq")][-3:] == [
        "suspect.reviewed",
        "change.edit",
        "change.edit",
    ]


@pytest.mark.django_db
def test_a_hub_and_a_link_are_asked_about(door):
    assert "code" not in door.write("lea", "a.md", TEXT)
    refusal = door.open("alice", "public")
    (told,) = refusal["suspects"]
    assert (refusal["code"], told["path"]) == ("secrets_found", "a.md")
    assert door.share("mona", "a.md")["suspects"] == [told]
    assert [one["id"] for one in door.suspects("lea")] == [told["id"]]
    assert "code" not in door.share("mona", "a.md", "all")
    assert Share.objects.count() == 1
    assert door.suspects("lea") == []
    assert "code" not in door.open("alice", "public")


@pytest.mark.django_db
def test_it_can_be_decided_before(door):
    door.write("lea", "a.md", TEXT)
    (told,) = door.suspects("leo")
    assert not door.suspects("gus")
    assert "decided" not in door.review("gus", told["id"]) or door.review("gus", told["id"])["decided"] is None
    assert door.review("leo", told["id"])["decided"] == 1
    assert door.review("leo", told["id"])["decided"] == 0
    assert "code" not in door.open("alice", "public")
