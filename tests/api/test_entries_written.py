"""What is added, answered and decided about entries: by REST and GraphQL alike, with the same codes and rights."""

from typing import Any

import pytest
from tests.api.doors import GraphQL, Rest
from tests.conftest import Cast

from nexus.hubs.activity import nudge
from nexus.knowledge.models import Decision, Entry
from nexus.pages import actions, queries
from nexus.pages.models import Change

TEXT = "# Log\n\n## Challenges\n\n- **Problem:** Slow lists\n\n## Technologies\n\n- Patience\n"


class ByRest(Rest):
    def add_entry(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", "hubs/cohort/entries", sent)

    def answer_entries(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", "hubs/cohort/entries/answers", sent)

    def decide_entry(self, who: str, entry: str, **sent: Any) -> str:
        return self.code(who, "PUT", f"hubs/cohort/entries/{entry}/decision", sent)


@pytest.fixture(params=[ByRest, GraphQL], ids=["rest", "graphql"])
def door(request, cast: Cast, hub) -> Any:
    actions.create_page(cast.lea, "cohort", "log.md", TEXT.encode())
    nudge(hub.pk)
    return request.param(cast)


def text(cast: Cast) -> str:
    return bytes(queries.path_for(cast.lea, "cohort", "log.md").blob.data).decode()


def test_an_entry_is_added(door, cast):
    sent = {"path": "log.md", "kind": "technology", "title": "Redis", "detail": "the cache", "message": "new"}
    assert door.add_entry("lea", **sent) == ""
    assert text(cast) == TEXT.rstrip("\n") + "\n- **Redis**: the cache\n"
    change = Change.objects.latest("seq")
    assert (change.message, change.author.handle) == ("new", "lea")
    assert door.add_entry("lea", **sent) == "unplaced"
    assert door.add_entry("lea", **sent | {"title": " "}) == "invalid"
    assert door.add_entry("gus", **sent) == "denied"
    assert door.add_entry("charlie", **sent) == "not_found"


def test_a_challenge_is_answered(door, cast, hub):
    slow = str(Entry.objects.get(title="Slow lists").pk)
    answers = [
        {"entry": slow, "part": "solution", "text": "An index"},
        {"entry": slow, "part": "cause", "text": "None"},
    ]
    for who, code in (("gus", "denied"), ("charlie", "not_found"), ("leo", "")):
        assert door.answer_entries(who, path="log.md", answers=answers) == code
    assert "- **Problem:** Slow lists\n  - **Solution:** An index\n  - **Cause:** None\n" in text(cast)
    nudge(hub.pk)
    wrong = [{"entry": slow, "part": "commit", "text": "somewhere"}]
    assert door.answer_entries("leo", path="log.md", answers=wrong) == "invalid"
    patience = str(Entry.objects.get(title="Patience").pk)
    for entry in (patience, str(cast.user("lea").pk)):
        refused = door.answer_entries("leo", path="log.md", answers=[{"entry": entry, "part": "cause", "text": "x"}])
        assert refused in ("unplaced", "not_found")
    assert Change.objects.count() == 2


def test_an_entry_is_decided_about(door, cast, hub):
    patience = Entry.objects.get(title="Patience")
    for who, code in (("gus", "denied"), ("charlie", "not_found"), ("leo", "")):
        assert door.decide_entry(who, entry=str(patience.pk), verdict="other_kind", kind="practice") == code
    assert door.decide_entry("leo", entry=str(patience.pk), verdict="other_kind") == "invalid"
    assert door.decide_entry("leo", entry=str(cast.user("leo").pk), verdict="right") == "not_found"
    made = Decision.objects.get()
    assert (made.verdict, made.kind, made.person.handle) == ("other_kind", "practice", "leo")
    nudge(hub.pk)
    patience.refresh_from_db()
    assert (patience.kind, patience.found_as) == ("practice", "technology")
