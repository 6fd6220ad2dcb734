"""One behaviour: the same deeds through REST, GraphQL, the command line and the browser's forms leave the same rows and the
same activity, and are refused with the same codes."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from tests.api.doors import GraphQL, Play, Rest, rows
from tests.conftest import Cast, make_hub
from tests.pages.keys import KEYS, Maker
from typer.testing import CliRunner

from nexus.ops.cli.commands import tree
from nexus.pages import guard

KEY, OTHER, THIRD = (KEYS["GitHub"](Maker(seed)) for seed in (1, 2, 3))
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
    ("lea", "create_page", {"path": "long.md", "text": "x", "message": "m" * 1001}),
    ("lea", "create_page", {"path": "padded.md", "text": "x", "message": " why\n"}),
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
    ("lea", "create_page", {"path": "three.md", "text": "one\n"}),
    ("lea", "edit_page", {"path": "three.md", "text": "two\n", "base": "$1"}),
    ("mona", "revert_change", {"path": "three.md", "message": " back to one "}),
    ("charlie", "revert_change", {"path": "three.md"}),
    ("mona", "revert_change", {"path": "three.md", "at": 2}),
    ("leo", "edit_page", {"path": "three.md", "text": "three\n", "base": "$1", "merge": True}),
    ("lea", "revert_change", {"path": "three.md", "at": 1}),
    ("lea", "revert_change", {"path": "three.md", "at": 99}),
    ("mona", "mark_seen", {}),
    ("gus", "mark_seen", {"until": 3}),
    ("leo", "mark_seen", {"until": 9_999}),
    ("lea", "mark_seen", {"path": "three.md"}),
    ("lea", "mark_seen", {"path": "never.md"}),
    ("lea", "mark_seen", {"path": "a/one.md", "until": 2}),
    ("charlie", "mark_seen", {}),
    ("charlie", "mark_seen", {"path": "three.md"}),
    ("lea", "create_page", {"path": "env.md", "text": f"# Env\n\nTOKEN={KEY}\n"}),
    ("alice", "update_hub", {"visibility": "public"}),
    ("alice", "review_suspects", {"suspects": ["0" * 32]}),
    ("charlie", "review_suspects", {"suspects": ["0" * 32]}),
    ("lea", "create_page", {"path": "env-2.md", "text": f"TOKEN={OTHER}\n"}),
    ("lea", "review_suspects", {"suspects": "$suspects"}),
    ("alice", "update_hub", {"visibility": "public"}),
    ("leo", "create_page", {"path": "env-3.md", "text": f"TOKEN={THIRD}\n"}),
    ("gus", "create_reviewed_page", {"path": "env-3.md", "text": f"TOKEN={THIRD}\n", "reviewed": "all"}),
    ("leo", "create_reviewed_page", {"path": "env-3.md", "text": f"TOKEN={THIRD}\n", "reviewed": "all"}),
    ("lea", "create_share", {"path": "env.md"}),
    ("mona", "create_share", {"path": "env.md", "days": 3}),
    ("mona", "create_share", {"path": "never.md"}),
    ("mona", "create_share", {"path": "env.md", "days": 0}),
    ("mona", "purge", {"passage": KEY, "confirm": "cohort"}),
    ("charlie", "purge", {"passage": KEY, "confirm": "cohort"}),
    ("alice", "purge", {"passage": KEY, "confirm": "another"}),
    ("alice", "purge", {"passage": "short", "confirm": "cohort"}),
    ("alice", "purge", {"passage": "nothing says so anywhere", "confirm": "cohort"}),
    ("alice", "purge", {"passage": KEY, "confirm": "cohort"}),
    ("alice", "purge", {"path": "never.md", "confirm": "cohort"}),
    ("alice", "purge", {"path": "three.md", "confirm": "cohort"}),
    ("alice", "invite_member", {"role": "learner", "uses": 3, "days": 2}),
    ("alice", "invite_member", {"role": "learner", "uses": 0}),
    ("lea", "invite_member", {"role": "learner"}),
    ("mona", "archive_hub", {"archived": True}),
    ("alice", "archive_hub", {"archived": True}),
    ("lea", "create_page", {"path": "late.md", "text": "x"}),
    ("alice", "archive_hub", {"archived": False}),
    ("alice", "transfer_hub", {"username": "nobody-of-that-name"}),
    ("mona", "transfer_hub", {"username": "mona"}),
    ("alice", "rename_hub", {"slug": "api"}),
    ("alice", "rename_hub", {"slug": "second"}),
    ("mona", "rename_hub", {"slug": "monas"}),
    ("alice", "transfer_hub", {"username": "mona"}),
    ("mona", "delete_hub", {"confirm": "another"}),
    ("lea", "delete_hub", {"confirm": "cohort"}),
    ("mona", "delete_hub", {"confirm": "cohort"}),
    ("lea", "create_page", {"path": "late.md", "text": "x"}),
    ("alice", "restore_hub", {}),
    ("mona", "restore_hub", {}),
]  # fmt: skip


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

    def revert_change(self, who: str, path: str, message: str = "", at: int = 0) -> str:
        return self.code(who, "change", "revert", self.hub, str(self.newest(path, at)), "--message", message)

    def mark_seen(self, who: str, path: str = "", until: int | None = None) -> str:
        words = [path] * bool(path) + (["--until", str(until)] if until is not None else [])
        return self.code(who, "seen", self.hub, *words)

    def create_reviewed_page(self, who: str, path: str, text: str, reviewed: str) -> str:
        return self.code(who, "page", "put", self.hub, path, "-", "--reviewed", reviewed, text=text)

    def review_suspects(self, who: str, suspects: list[str]) -> str:
        return self.code(who, "hub", "review", self.hub, *suspects)

    def create_share(self, who: str, path: str, days: int = 30) -> str:
        return self.code(who, "share", "create", self.hub, path, "--days", str(days))

    def purge(self, who: str, confirm: str, path: str = "", passage: str = "") -> str:
        words = [path] if path else ["--passage-file", "-"]
        return self.code(who, "page", "purge", self.hub, *words, "--confirm", confirm, text=passage or None)

    def invite_member(self, who: str, role: str, uses: int = 1, days: int = 7) -> str:
        return self.code(who, "hub", "invite", self.hub, "--role", role, "--uses", str(uses), "--days", str(days))

    def archive_hub(self, who: str, *, archived: bool) -> str:
        return self.code(who, "hub", "archive", self.hub, *["--undo"] * (not archived))

    def transfer_hub(self, who: str, username: str) -> str:
        return self.code(who, "hub", "transfer", self.hub, username)

    def rename_hub(self, who: str, slug: str) -> str:
        return self.code(who, "hub", "rename", self.hub, slug)

    def delete_hub(self, who: str, confirm: str) -> str:
        return self.code(who, "hub", "delete", self.hub, "--confirm", confirm)

    def restore_hub(self, who: str) -> str:
        return self.code(who, "hub", "restore", self.hub)


class Face(Rest):
    """Pages are written by the forms of the web face, which merge where they can; what has no form there goes by REST."""

    def posted(self, who: str, address: str, sent: dict[str, Any]) -> str:
        client = Client()
        if who != "anonymous":
            client.force_login(self.cast.user(who))
        answer = client.post(f"/{self.hub}/{address}", {k: v for k, v in sent.items() if v is not None})
        if answer.status_code < 400 and (answer.status_code == 302 or b'class="secret"' in answer.content):
            return ""  # done; a secret that is shown this once stands on the page itself
        assert answer.status_code >= 400, (who, address, answer.status_code)
        codes = re.findall(r'data-code="(\w+)"', answer.content.decode())
        assert len(codes) == 1, (who, address, sent, answer.status_code, codes, answer.content.decode()[-3000:])
        return str(codes[0])

    def create_page(self, who: str, **sent: Any) -> str:
        return self.posted(who, "edit/new.md", sent)

    def edit_page(self, who: str, path: str, text: str, base: str, *, merge: bool = False, message: str = "") -> str:
        page = self.page(path)
        if not merge and page and str(page.head_id) != base:
            return super().edit_page(who, path, text, base, message=message)
        sent = {"text": text.replace("\n", "\r\n"), "base": base, "message": message}
        return self.posted(who, f"edit/{quote(path)}", sent)

    def move_page(self, who: str, source: str, target: str, message: str = "", base: str | None = None) -> str:
        return self.posted(who, f"move/{quote(source)}", {"target": target, "message": message, "base": base})

    def delete_page(self, who: str, path: str, message: str = "", base: str | None = None) -> str:
        return self.posted(who, f"delete/{quote(path)}", {"message": message, "base": base})

    def restore_page(self, who: str, path: str, number: int | None = None, message: str = "") -> str:
        return self.posted(who, f"restore/{quote(path)}", {"number": number, "message": message})

    def mark_seen(self, who: str, path: str = "", until: int | None = None) -> str:
        return self.posted(who, "since", {"page": self.page_id(path) if path else None, "until": until})

    def revert_change(self, who: str, path: str, message: str = "", at: int = 0) -> str:
        return self.posted(who, f"changes/{self.newest(path, at)}/revert", {"message": message})

    def create_reviewed_page(self, who: str, **sent: Any) -> str:
        return self.posted(who, "edit/new.md", sent)

    def review_suspects(self, who: str, suspects: list[str]) -> str:
        return self.posted(who, "suspects", {"suspect": suspects})

    def create_share(self, who: str, **sent: Any) -> str:
        return self.posted(who, "shares", sent)

    def purge(self, who: str, **sent: Any) -> str:
        return self.posted(who, "purge", {"do": "purge", **sent})

    def invite_member(self, who: str, **sent: Any) -> str:
        return self.posted(who, "invitations", sent)

    def archive_hub(self, who: str, *, archived: bool) -> str:
        return self.posted(who, "settings", {"do": "archive" if archived else "unarchive"})

    def transfer_hub(self, who: str, username: str) -> str:
        return self.posted(who, "settings", {"do": "transfer", "user": username})

    def rename_hub(self, who: str, slug: str) -> str:
        return self.posted(who, "settings", {"do": "rename", "slug": slug})

    def delete_hub(self, who: str, confirm: str) -> str:
        return self.posted(who, "settings", {"do": "delete", "confirm": confirm})


def _meant(door: Any, sent: dict[str, Any], value: Any) -> Any:
    match value:
        case "$1":
            return door.first(sent["path"])
        case "$suspects":
            return [each.id for each in guard.suspects(door.cast.alice, door.hub)[0]]
    return value


def played(door: Any) -> tuple[list[str], list[str]]:
    """The outcome of each deed, and what is there at the end."""
    make_hub(door.cast)
    for name in ("charlie", "oscar"):
        door.cast.user(name)
    outcomes = []
    for who, deed, sent in SCRIPT:
        given = {k: _meant(door, sent, v) for k, v in sent.items()}
        outcomes.append(f"{who} {deed} {str(sent)[:200]}: {getattr(door, deed)(who, **given) or 'done'}")
    return outcomes, rows()


@pytest.mark.django_db
def test_each_deed_does_the_same_through_every_door() -> None:
    expected: tuple[list[str], list[str]] | None = None
    for door in (Rest, GraphQL, CommandLine, Face):
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
