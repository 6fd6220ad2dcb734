"""One behaviour: the same deeds through REST, GraphQL and the command line leave the same rows and the same activity, and
are refused with the same codes."""

import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from tests.api.rest.conftest import Caller
from tests.conftest import Cast, make_hub
from typer.testing import CliRunner

from nexus.accounts import credentials
from nexus.base.ids import uuid7
from nexus.hubs.models import Activity, Hub, Membership
from nexus.ops.cli.commands import tree
from nexus.pages.models import Page, Version

#: (who, what, with what); "$1" is the version that a page at that path had first, "@" the hub.
SCRIPT: list[tuple[str, str, dict[str, Any]]] = [
    ("alice", "create_hub", {"slug": "second", "title": "Second", "visibility": "internal"}),
    ("alice", "create_hub", {"slug": "second"}),
    ("alice", "create_hub", {"slug": "No Such Name"}),
    ("alice", "create_hub", {"slug": "api"}),
    ("alice", "update_hub", {"title": "A title", "visibility": "public"}),
    ("alice", "update_hub", {"title": ""}),
    ("mona", "update_hub", {"title": "Mine now"}),
    ("charlie", "update_hub", {"title": "Mine now"}),
    ("alice", "update_hub", {"visibility": "private"}),
    ("charlie", "update_hub", {"title": "Mine now"}),
    ("alice", "set_member", {"username": "charlie", "role": "learner"}),
    ("alice", "set_member", {"username": "nobody-of-that-name", "role": "learner"}),
    ("lea", "set_member", {"username": "lea", "role": "owner"}),
    ("alice", "set_member", {"username": "alice", "role": "guest"}),
    ("alice", "remove_member", {"username": "alice"}),
    ("alice", "remove_member", {"username": "oscar"}),
    ("lea", "create_page", {"path": "a/one.md", "text": "# One\n\nline\n", "message": "first"}),
    ("lea", "create_page", {"path": "a", "text": "a folder is there"}),
    ("lea", "create_page", {"path": "a/one.md/x.md", "text": "a page is there"}),
    ("lea", "create_page", {"path": "../up.md", "text": "x"}),
    ("lea", "create_page", {"path": "/up.md", "text": "x"}),
    ("lea", "create_page", {"path": "p" * 1025, "text": "x"}),
    ("gus", "create_page", {"path": "gus.md", "text": "x"}),
    ("oscar", "create_page", {"path": "oscar.md", "text": "x"}),
    ("leo", "edit_page", {"path": "a/one.md", "text": "# One\n\nline\n\nLeo\n", "base": "$1"}),
    ("lea", "edit_page", {"path": "a/one.md", "text": "# Uno\n\nline\n", "base": "$1"}),
    ("lea", "edit_page", {"path": "a/one.md", "text": "# Uno\n\nline\n", "base": "$1", "merge": True}),
    ("lea", "edit_page", {"path": "a/one.md", "text": "# Eins\n\nline\n", "base": "$1", "merge": True}),
    ("gus", "edit_page", {"path": "a/one.md", "text": "x", "base": "$1"}),
    ("lea", "create_page", {"path": "two.md", "text": "# Two\n"}),
    ("lea", "move_page", {"source": "two.md", "target": "a/one.md"}),
    ("lea", "move_page", {"source": "two.md", "target": "b/two.md", "message": "moved"}),
    ("lea", "move_page", {"source": "b/two.md", "target": "b/../two.md"}),
    ("gus", "move_page", {"source": "b/two.md", "target": "mine.md"}),
    ("lea", "delete_page", {"path": "b/two.md"}),
    ("gus", "delete_page", {"path": "a/one.md"}),
    ("lea", "restore_page", {"path": "b/two.md"}),
    ("mona", "restore_page", {"path": "b/two.md"}),
    ("mona", "restore_page", {"path": "a/one.md", "number": 1}),
    ("mona", "restore_page", {"path": "a/one.md", "number": 99}),
    ("mona", "revert_change", {"path": "b/two.md"}),
    ("gus", "revert_change", {"path": "a/one.md"}),
    ("lea", "revert_change", {"path": "b/two.md"}),
]  # fmt: skip


class Play:
    """What happened so far: where the pages are, for doors that address them by id."""

    hub = "cohort"

    def page(self, path: str) -> Page | None:
        """The page that was last at that path, live or not."""
        version = Version.objects.filter(page__hub__slug=self.hub, path=path).order_by("-change__seq").first()
        return version.page if version else None

    def first(self, path: str) -> str:
        return str(Version.objects.get(page=self.page(path), number=1).pk)

    def newest(self, path: str) -> int:
        found = Version.objects.filter(page=self.page(path)).order_by("-change__seq").first()
        assert found
        return found.change.seq


class Rest(Play):
    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def code(self, who: str, method: str, address: str, body: Any = None, **headers: str) -> str:
        token = credentials.access_token(self.cast.user(who), uuid7())
        answer = Caller({"Authorization": f"Bearer {token}"})(method, address, body, headers=headers)
        return "" if answer.status_code < 300 else str(answer.json()["code"])

    def create_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", "hubs", sent)

    def update_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "PATCH", f"hubs/{self.hub}", sent)

    def set_member(self, who: str, username: str, role: str) -> str:
        return self.code(who, "PUT", f"hubs/{self.hub}/members/{username}", {"role": role})

    def remove_member(self, who: str, username: str) -> str:
        return self.code(who, "DELETE", f"hubs/{self.hub}/members/{username}")

    def create_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/pages", sent)

    def at(self, path: str, rest: str = "") -> str:
        page = self.page(path)
        return f"hubs/{self.hub}/pages/{page.pk if page else uuid7()}{rest}"

    def edit_page(self, who: str, path: str, text: str, base: str, *, merge: bool = False) -> str:
        address = self.at(path, "/text" + ("?merge=true" if merge else ""))
        return self.code(who, "PUT", address, text.encode(), **{"If-Match": f'"{base}"'})

    def held(self, path: str) -> dict[str, str]:
        page = self.page(path)
        return {"If-Match": f'"{page.head_id if page else uuid7()}"'}

    def move_page(self, who: str, source: str, target: str, message: str = "") -> str:
        return self.code(who, "PATCH", self.at(source), {"path": target, "message": message}, **self.held(source))

    def delete_page(self, who: str, path: str) -> str:
        return self.code(who, "DELETE", self.at(path), **self.held(path))

    def restore_page(self, who: str, path: str, number: int | None = None) -> str:
        return self.code(who, "POST", self.at(path, "/restore"), {"number": number})

    def revert_change(self, who: str, path: str) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/changes/{self.newest(path)}/revert", {})


class GraphQL(Play):
    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def code(self, who: str, name: str, **sent: Any) -> str:
        enums = ("role", "visibility", "onStale")
        said = ", ".join(f"{k}: {v.upper() if k in enums else json.dumps(v)}" for k, v in sent.items() if v is not None)
        headers = {"Authorization": f"Bearer {credentials.access_token(self.cast.user(who), uuid7())}"}
        query = f"mutation {{ {name}({said}) {{ errors {{ code }} }} }}"
        answer = Client().post("/graphql", {"query": query}, "application/json", headers=headers).json()
        if "errors" in answer:  # not even a query: refused before anything of it ran
            return str(answer["errors"][0]["extensions"]["code"])
        errors = answer["data"][name]["errors"]
        return str(errors[0]["code"]) if errors else ""

    def create_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "createHub", **sent)

    def update_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "updateHub", hub=self.hub, **sent)

    def set_member(self, who: str, **sent: Any) -> str:
        return self.code(who, "setMember", hub=self.hub, **sent)

    def remove_member(self, who: str, **sent: Any) -> str:
        return self.code(who, "removeMember", hub=self.hub, **sent)

    def create_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "createPage", hub=self.hub, **sent)

    def edit_page(self, who: str, *, merge: bool = False, **sent: Any) -> str:
        return self.code(who, "editPage", hub=self.hub, **sent, onStale="MERGE" if merge else "REFUSE")

    def move_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "movePage", hub=self.hub, **sent)

    def delete_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "deletePage", hub=self.hub, **sent)

    def restore_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "restorePage", hub=self.hub, **sent)

    def revert_change(self, who: str, path: str) -> str:
        return self.code(who, "revertChange", hub=self.hub, number=self.newest(path))


class CommandLine(Play):
    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def code(self, who: str, *words: str, text: str | None = None) -> str:
        self.cast.user(who)
        run = CliRunner().invoke(tree([]), [*words, "--json", "--as", who], input=text.encode() if text else None)
        assert run.exit_code == 0 or run.exit_code == 1, (words, run.output)
        told = json.loads(run.stdout)
        assert ("error" in told) == bool(run.exit_code)
        return str(told["error"]["code"]) if "error" in told else ""

    def create_hub(self, who: str, slug: str, title: str = "", visibility: str = "private") -> str:
        return self.code(who, "hub", "create", slug, "--title", title, "--visibility", visibility)

    def update_hub(self, who: str, **sent: str) -> str:
        return self.code(who, "hub", "set", self.hub, *(word for k, v in sent.items() for word in (f"--{k}", v)))

    def set_member(self, who: str, username: str, role: str) -> str:
        return self.code(who, "hub", "member", self.hub, username, "--role", role)

    def remove_member(self, who: str, username: str) -> str:
        return self.code(who, "hub", "member", self.hub, username, "--remove")

    def create_page(self, who: str, path: str, text: str, message: str = "") -> str:
        return self.code(who, "page", "put", self.hub, path, "-", "--message", message, text=text)

    def edit_page(self, who: str, path: str, text: str, base: str, *, merge: bool = False) -> str:
        return self.code(who, "page", "put", self.hub, path, "-", "--base", base, *["--merge"] * merge, text=text)

    def move_page(self, who: str, source: str, target: str, message: str = "") -> str:
        return self.code(who, "page", "mv", self.hub, source, target, "--message", message)

    def delete_page(self, who: str, path: str) -> str:
        return self.code(who, "page", "rm", self.hub, path)

    def restore_page(self, who: str, path: str, number: int | None = None) -> str:
        return self.code(who, "page", "restore", self.hub, path, *(["--version", str(number)] if number else []))

    def revert_change(self, who: str, path: str) -> str:
        return self.code(who, "change", "revert", self.hub, str(self.newest(path)))


def rows() -> list[str]:
    """Everything that matters of what there is now, without ids and times."""
    told: list[str] = []
    for hub in Hub.objects.order_by("slug"):
        told.append(f"hub {hub.slug} {hub.title} {hub.visibility} {hub.sequence}")
        members = Membership.objects.filter(hub=hub).order_by("user__username").values_list("user__username", "role")
        told += [f"member {name} {role}" for name, role in members]
        told += [
            f"version {v.path} {v.number} {v.kind} {v.blob_id} {v.is_deletion} {v.change.seq} {v.change.kind} "
            f"{v.change.message} {v.change.author.name} parent {v.parent.number if v.parent else None} "
            f"live {v.page.live_key} {v.page.title} {v.page.head_id == v.pk}"
            for v in Version.objects.filter(page__hub=hub).select_related("page", "change__author", "parent")
            .order_by("change__seq", "path")
        ]  # fmt: skip
        log = Activity.objects.filter(hub=hub).select_related("person").order_by("seq")
        told += [f"activity {a.seq} {a.verb} {a.person.handle} {json.dumps(a.data, sort_keys=True)}" for a in log]
    names: dict[str, str] = {}
    numbers = count()
    named: Callable[[re.Match[str]], str] = lambda found: names.setdefault(found[0], f"id{next(numbers)}")  # noqa: E731
    return [re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", named, line) for line in told]


def played(door: Any) -> tuple[list[str], list[str]]:
    """The outcome of each deed, and what is there at the end."""
    make_hub(door.cast)
    for name in ("charlie", "oscar"):
        door.cast.user(name)
    outcomes = []
    for who, deed, sent in SCRIPT:
        given = {k: door.first("a/one.md") if v == "$1" else v for k, v in sent.items()}
        outcomes.append(f"{who} {deed} {str(sent)[:200]}: {getattr(door, deed)(who, **given) or 'done'}")
    return outcomes, rows()


@pytest.mark.django_db
def test_each_deed_does_the_same_through_every_door() -> None:
    expected: tuple[list[str], list[str]] | None = None
    for door in (Rest, GraphQL, CommandLine):
        with transaction.atomic():
            told = played(door(Cast()))
            transaction.set_rollback(True)
        expected = expected or told
        differ = [pair for pair in zip(expected[0], told[0], strict=True) if pair[0] != pair[1]]
        assert not differ, (door, differ)
        assert told[1] == expected[1], door
    assert expected
    refusals = {line.rsplit(": ", 1)[1] for line in expected[0]}
    assert {"done", "not_found", "denied", "path_taken", "stale_version", "slug_taken"} <= refusals, refusals
