"""A prepared queryset answers as the queryset it was made of: the same rows, rights and errors."""

import datetime
import uuid

import pytest
from django.db import transaction
from django.db.models import Value
from tests.conftest import make_hub

from nexus.accounts.actor import Actor, Door, Scope
from nexus.accounts.models import PersonalToken
from nexus.base.ids import text_key
from nexus.hubs.access import Capability, hub_filter, role_in
from nexus.hubs.models import Hub, Membership
from nexus.pages.actions import create_page
from nexus.pages.models import Page
from nexus.statements.prepared import Prepared, stand_in

pytestmark = pytest.mark.django_db


def pages_at(actor, *, hub, key, user):
    rows = Page.objects.filter(hub_filter(actor, Capability.HUB_READ, "hub__"), hub__slug=hub, live_key=key)
    rows = rows.select_related("hub", "blob", "head__change__author", "head__change__reverts").defer("blob__data")
    return rows.annotate(role=role_in(actor, "hub"), seven=Value(7))


prepared = Prepared(pages_at, hub=str, key=str, user=uuid.UUID | None)


def everything_of(page):
    """All that was read of a page and what came with it, without another statement."""
    head = page.head
    rows = [page, page.hub, page.blob, head, head.change, head.change.author, head.change.reverts]
    return [None if row is None else told(row) for row in rows]


def told(row):
    state = row._state
    return {**row.__dict__, "_state": (state.adding, state.db, sorted(state.fields_cache))}


@pytest.mark.parametrize("name", ["alice", "mona", "gus", "charlie", "anonymous", "operator"])
@pytest.mark.parametrize("visibility", ["private", "internal", "public"])
def test_rows_are_those_of_the_queryset(cast, name, visibility, django_assert_num_queries):
    hub = make_hub(cast, visibility=visibility)
    create_page(cast.alice, hub.slug, "notes/a.md", "# Ä\n".encode())
    create_page(cast.alice, hub.slug, "notes/b.md", b"# B\n")
    actor = getattr(cast, name)
    for path in ("notes/a.md", "notes/b.md", "notes/none.md"):
        values = {"hub": hub.slug, "key": text_key(path), "user": actor.user_id}
        with django_assert_num_queries(1):
            found = prepared.rows(actor.form, **values)
        expected = list(pages_at(actor, **values))
        with django_assert_num_queries(0):
            assert [(p.role, p.seven, everything_of(p)) for p in found] == [
                (p.role, p.seven, everything_of(p)) for p in expected
            ]
        assert all(not page.blob.get_deferred_fields() ^ {"data"} for page in found)


def test_a_token_reaches_no_further_prepared(cast):
    hub, other = make_hub(cast), make_hub(cast, slug="other")
    for each in (hub, other):
        create_page(cast.alice, each.slug, "a.md", b"# A\n")
    alice = cast.alice
    limits = {
        "all": alice,
        "one hub": Actor(alice.standing, Door.REST, alice.user_id, hub_ids=frozenset({other.pk})),
        "no hub": Actor(alice.standing, Door.REST, alice.user_id, hub_ids=frozenset()),
        "no scope": Actor(alice.standing, Door.REST, alice.user_id, scopes=frozenset()),
        "to write": Actor(alice.standing, Door.REST, alice.user_id, scopes=frozenset({Scope.WRITE})),
    }
    found = {
        (name, each.slug): len(prepared.rows(actor.form, hub=each.slug, key=text_key("a.md"), user=actor.user_id))
        for name, actor in limits.items()
        for each in (hub, other)
    }
    assert found == {
        (name, each.slug): int(name == "all" or (name == "one hub" and each == other))
        for name in limits
        for each in (hub, other)
    }


def test_what_was_compiled_for_one_is_asked_for_another(cast):
    hub = make_hub(cast, visibility="private")
    create_page(cast.alice, hub.slug, "a.md", b"# A\n")
    assert cast.alice.form == cast.charlie.form
    asked = {"hub": hub.slug, "key": text_key("a.md")}
    assert prepared.rows(cast.alice.form, **asked, user=cast.alice.user_id)
    assert not prepared.rows(cast.charlie.form, **asked, user=cast.charlie.user_id)
    Membership.objects.filter(hub=hub, user=cast.user("alice")).delete()
    assert not prepared.rows(cast.alice.form, **asked, user=cast.alice.user_id)


def test_the_form_names_nobody(cast):
    token = PersonalToken(user=cast.user("alice"), scopes=["read"], hubs=None)
    shown = Actor.by_token(token, Door.REST)
    assert cast.alice.user_id not in {cast.alice.form.user_id, shown.form.user_id}
    assert shown.form.token_id is None
    assert shown.form != cast.alice.form  # its scopes decide on the statement
    assert Actor.anonymous(Door.REST).form.user_id is None


def test_tuples_times_and_texts_that_break_things(cast):
    hub = make_hub(cast)
    since = Prepared(
        lambda *, at, slug: Hub.objects.filter(created_at__gte=at, slug=slug).values_list("pk", "created_at"),
        at=datetime.datetime, slug=str,
    )  # fmt: skip
    day = datetime.timedelta(days=1)
    assert since.rows(at=hub.created_at, slug=hub.slug) == [(hub.pk, hub.created_at)]
    assert since.rows(at=hub.created_at + day, slug=hub.slug) == []
    for awkward in ("' OR 1=1 --", "%s", "%(x)s", "", "\\"):
        assert since.first(at=hub.created_at - day, slug=awkward) is None


@pytest.mark.parametrize("lookup", ["contains", "startswith", "endswith"])
def test_what_is_sought_in_a_text_is_taken_as_it_is(cast, lookup):
    hub = make_hub(cast)
    for name in ("100%.md", "100x.md", "a_b.md", "axb.md", "a\u00e4b.md", "{}.md"):
        create_page(cast.alice, hub.slug, name, b"# A\n")

    def build(*, some_words):
        return Page.objects.filter(**{f"path__{lookup}": some_words}).order_by("path").values_list("path")

    sought = Prepared(build, some_words=str)
    for words in ("100%", "a_b", "a%b", "%", "_", "md", "\u00e4", "\\", "{}", "{", ".md", "%.md", ""):
        assert sought.rows(some_words=words) == list(build(some_words=words)), words


def test_a_value_that_the_queryset_changes_or_forgets_is_refused():
    changed = Prepared(lambda *, slug: Hub.objects.filter(slug=slug + "!"), slug=str)
    forgotten = Prepared(lambda *, slug: Hub.objects.all(), slug=str)  # noqa: ARG005  that is the mistake
    for each in (changed, forgotten):
        with pytest.raises(ValueError, match="slug"):
            each.rows(slug="x")
    with pytest.raises(ValueError, match="Iterable"):
        Prepared(lambda *, slug: Hub.objects.filter(slug=slug).values(), slug=str).rows(slug="x")
    with pytest.raises(KeyError):
        Prepared(lambda *, slug: Hub.objects.filter(slug=slug), slug=str).rows()


def test_what_stands_for_a_value_is_nothing_else():
    names = ("user", "hub", "page", "key", "now")
    for kind in (str, uuid.UUID, datetime.datetime):
        assert len({stand_in(name, kind) for name in names}) == len(names)
        assert stand_in("hub", kind) == stand_in("hub", kind)


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_taken_in_a_transaction_alone(cast):
    hub = make_hub(cast)
    locked = Prepared(lambda *, hub: Hub.objects.select_for_update().filter(pk=hub), hub=uuid.UUID)
    for _ in range(2):  # compiled or not yet
        with transaction.atomic():
            assert locked.first(hub=hub.pk) == hub
    with pytest.raises(transaction.TransactionManagementError):
        locked.first(hub=hub.pk)
