"""What others did since somebody looked: which pages, from which version to which, and when it is no longer new."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.conftest import make_hub

from nexus.accounts.actor import Actor, Scope
from nexus.base.errors import Denied, Invalid, NotFound, Unauthenticated
from nexus.hubs import actions as hubs
from nexus.hubs import looks
from nexus.hubs.models import Hub, Look
from nexus.pages import actions, since
from nexus.pages.models import Change, Page, PageLook


def hub_now(slug: str = "cohort") -> Hub:
    return Hub.objects.get(slug=slug)


def news(actor: Actor, slug: str = "cohort", **asked: Any) -> list[since.PageNews]:
    start = since.start_for(actor, hub_now(slug), **asked)
    assert start is not None
    rows = since.pages_since(actor, hub_now(slug), start).order_by(*since.NEWEST_FIRST)
    found = since.news_of(actor, rows)
    if start.is_own:
        counted = {each.slug: each.pages for each in since.news_by_hub(actor, limit=10)}
        assert counted.get(slug, 0) == len(found), "the list and the count are one"
    return found


def told(actor: Actor, slug: str = "cohort", **asked: Any) -> list[str]:
    """Each as `what path from-to`."""
    return [
        f"{n.what} {n.now.path} {n.before.number if n.before else 0}-{n.now.number}" for n in news(actor, slug, **asked)
    ]


def put(actor: Actor, path: str, text: str, slug: str = "cohort") -> Change | None:
    page = Page.objects.filter(hub__slug=slug, path=path, live_key__isnull=False).first()
    if page is None:
        return actions.create_page(actor, slug, path, text.encode())
    return actions.edit_page(actor, slug, path, text.encode(), base=page.head_id)


def page_at(path: str) -> Page:
    return Page.objects.get(hub__slug="cohort", path=path)


def test_who_comes_to_a_hub_begins_there(cast, hub):
    put(cast.lea, "one.md", "# One\n")
    assert told(cast.mona) == ["created one.md 0-1"]
    hubs.set_member(cast.alice, "cohort", cast.user("charlie").username, "guest")
    assert told(cast.charlie) == []
    put(cast.lea, "one.md", "# Two\n")
    assert told(cast.charlie) == ["edited one.md 1-2"]
    assert told(cast.mona) == ["created one.md 0-2"]


def test_one_is_never_told_of_what_one_did_oneself(cast, hub):
    put(cast.lea, "one.md", "a\n")
    assert told(cast.lea) == []
    since.mark_seen(cast.mona, "cohort")
    put(cast.mona, "one.md", "a\nmona\n")  # before anybody else: what it is compared with already has it
    put(cast.lea, "one.md", "a\nmona\nlea\n")
    put(cast.mona, "one.md", "a\nmona\nlea\nmona again\n")
    (one,) = news(cast.mona)
    assert (one.what, one.before and one.before.number, one.now.number) == ("edited", 2, 4)
    assert (one.changes, [writer.handle for writer in one.writers]) == (1, ["lea"])


def test_what_was_imported_by_oneself_is_ones_own(cast, hub):
    person = cast.user("leo").person

    def fill(draft: Any) -> None:
        draft.put(None, "leo.md", actions.store_content("leo.md", b"Leo's"))

    actions.import_change(cast.mona, "cohort", fill, source="somewhere", author=person)
    assert told(cast.mona) == []
    assert told(cast.leo) == []
    assert told(cast.alice) == ["created leo.md 0-1"]


def test_what_is_told_of_is_what_differs(cast, hub):
    for path in ("edited.md", "moved.md", "both.md", "deleted.md", "back.md", "undone.md", "same.md"):
        put(cast.lea, path, f"{path}\n")
    since.mark_seen(cast.mona, "cohort")
    put(cast.lea, "edited.md", "other\n")
    actions.move_page(cast.lea, "cohort", "moved.md", "to/moved.md")
    actions.move_page(cast.lea, "cohort", "both.md", "to/both.md")
    put(cast.lea, "to/both.md", "both\n")
    actions.delete_page(cast.lea, "cohort", "deleted.md")
    actions.delete_page(cast.lea, "cohort", "back.md")
    actions.restore_page(cast.alice, "cohort", "back.md")
    change = put(cast.lea, "undone.md", "x\n")
    assert change
    actions.revert_change(cast.lea, "cohort", change.seq)
    put(cast.lea, "came-and-went.md", "x\n")
    actions.delete_page(cast.lea, "cohort", "came-and-went.md")
    assert sorted(told(cast.mona)) == [
        "deleted deleted.md 1-2", "edited edited.md 1-2", "moved to/both.md 1-3", "moved to/moved.md 1-2",
    ]  # fmt: skip
    since.mark_seen(cast.mona, "cohort")
    assert told(cast.mona) == []
    actions.restore_page(cast.alice, "cohort", "deleted.md")
    assert told(cast.mona) == ["restored deleted.md 2-3"]


def test_a_page_and_a_hub_are_seen_apart_and_both_can_be_taken_back(cast, hub):
    for path in ("a.md", "b.md"):
        put(cast.lea, path, "1\n")
    begun = Look.objects.get(hub=hub, user=cast.user("mona")).seq
    since.mark_seen(cast.mona, "cohort", page=page_at("a.md").pk)
    assert told(cast.mona) == ["created b.md 0-1"]
    assert sorted(told(cast.leo)) == ["created a.md 0-1", "created b.md 0-1"]
    put(cast.lea, "a.md", "2\n")
    assert told(cast.mona) == ["edited a.md 1-2", "created b.md 0-1"]
    # What came while one read is not seen by what one says of it.
    shown = page_at("a.md").seq
    put(cast.leo, "a.md", "3\n")
    since.mark_seen(cast.mona, "cohort", page=page_at("a.md").pk, until=shown)
    assert told(cast.mona) == ["edited a.md 2-3", "created b.md 0-1"]
    since.mark_seen(cast.mona, "cohort", until=shown)
    assert told(cast.mona) == ["edited a.md 2-3"]
    since.mark_seen(cast.mona, "cohort", until=begun)
    assert told(cast.mona) == ["edited a.md 2-3", "created b.md 0-1"], "and what was seen of a page stays so"
    since.mark_seen(cast.mona, "cohort", page=page_at("a.md").pk, until=0)
    assert told(cast.mona) == ["created a.md 0-3", "created b.md 0-1"]
    since.mark_seen(cast.mona, "cohort")
    since.mark_seen(cast.mona, "cohort")
    assert not PageLook.objects.exists(), "what says nothing any more is not kept"


def test_one_may_ask_since_any_number_and_any_day(cast, hub, monkeypatch):
    first = put(cast.lea, "a.md", "1\n")
    assert first
    put(cast.lea, "a.md", "2\n")
    since.mark_seen(cast.mona, "cohort")
    assert told(cast.mona, after=first.seq) == ["edited a.md 1-2"]
    assert told(cast.mona, after=0) == told(cast.mona, days=1) == told(cast.operator, days=1) == ["created a.md 0-2"]
    Change.objects.filter(pk=first.pk).update(created_at=first.created_at - datetime.timedelta(days=8))
    assert told(cast.mona, days=7) == ["edited a.md 1-2"]
    assert told(cast.mona, days=9) == ["created a.md 0-2"]
    assert told(cast.lea, after=0) == []
    for asked in ({"after": -1}, {"after": 10_000}, {"days": 0}, {"days": 367}, {"days": 1, "after": 1}):
        with pytest.raises(Invalid):
            told(cast.mona, **asked)


def test_rights_are_those_of_now(cast):
    make_hub(cast, "cohort", "public")
    assert since.start_for(cast.charlie, hub_now()) is None
    put(cast.lea, "old.md", "1\n")
    looks.begin_looking(cast.charlie, "cohort")
    put(cast.lea, "new.md", "1\n")
    assert told(cast.charlie) == ["created new.md 0-1"]
    hubs.update_hub(cast.alice, "cohort", visibility="private")
    assert since.news_by_hub(cast.charlie, limit=10) == []
    assert since.start_for(cast.charlie, hub_now()) is None
    for refused in (
        lambda: since.mark_seen(cast.charlie, "cohort"),
        lambda: looks.begin_looking(cast.charlie, "cohort"),
        lambda: since.mark_seen(cast.mona, "cohort", page=cast.user("mona").pk),
        lambda: since.mark_seen(cast.rita, "cohort"),
    ):
        with pytest.raises(NotFound):
            refused()
    hubs.update_hub(cast.alice, "cohort", visibility="internal")
    assert told(cast.charlie) == ["created new.md 0-1"], "and what was new is not forgotten"


def test_a_token_that_only_reads_marks_nothing(cast, hub):
    reader = replace(cast.mona, scopes=frozenset({Scope.READ}))
    with pytest.raises(Denied) as refused:
        since.mark_seen(reader, "cohort")
    assert refused.value.code == "insufficient_scope"
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    for nobody in (cast.anonymous, cast.operator):
        with pytest.raises(Unauthenticated):
            since.mark_seen(nobody, "cohort")
        with pytest.raises(Unauthenticated):
            since.start_for(nobody, hub_now())


@pytest.mark.parametrize("until", [-1, 10_000])
def test_nobody_has_seen_what_is_not_there(cast, hub, until):
    with pytest.raises(Invalid) as refused:
        since.mark_seen(cast.mona, "cohort", until=until)
    assert refused.value.field == "until"


@pytest.mark.parametrize("pages", [1, 30])
def test_it_costs_the_same_whatever_is_new(cast, hub, pages):
    steps = [actions.Step("create", f"{n}.md", b"new\n") for n in range(pages)]
    actions.change_pages(cast.lea, "cohort", steps)
    place = hub_now()
    mona = cast.mona
    with CaptureQueriesContext(connection) as statements:
        start = since.start_for(mona, place)
        assert start
        rows = list(since.pages_since(mona, place, start).order_by(*since.NEWEST_FIRST))
        assert len(since.news_of(mona, rows)) == pages
    assert len(statements) == 3
    for n in range(pages):
        make_hub(cast, f"other-{n}")
        put(cast.lea, "a.md", "x", f"other-{n}")
    with CaptureQueriesContext(connection) as statements:
        assert len(since.news_by_hub(mona, limit=100)) == pages + 1
    assert len(statements) == 1
