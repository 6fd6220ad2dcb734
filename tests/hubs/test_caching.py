"""What is kept: made once for those who may see the same, anew when a hub changes, and never with others' rights."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.conftest import ROLES, make_hub

from nexus.accounts.actor import Actor
from nexus.base import shared
from nexus.hubs import actions as hubs
from nexus.hubs import caching
from nexus.hubs.access import visible_hubs
from nexus.hubs.caching import Basis, cached
from nexus.knowledge.actions import reindex
from nexus.knowledge.queries import EVERYWHERE, Scope, counts, topics
from nexus.pages import actions

pytestmark = pytest.mark.security

made: list[tuple] = []


@cached
def slugs(basis: Basis, word: str = "", number: int | None = None) -> list[str]:
    made.append((word, number))
    return sorted(visible_hubs(basis.actor).values_list("slug", flat=True))


@pytest.fixture(autouse=True)
def _nothing_kept():
    caching.forget_all()
    made.clear()


@pytest.mark.django_db(transaction=True)
def test_it_is_made_once_until_a_hub_changes(cast):
    make_hub(cast)
    for _ in range(3):
        assert slugs(Basis(cast.lea)) == ["cohort"]
    assert len(made) == 1
    actions.create_page(cast.lea, "cohort", "a.md", b"# A\n")
    assert slugs(Basis(cast.lea)) == ["cohort"]
    assert len(made) == 2
    slugs(Basis(cast.lea), "x")
    slugs(Basis(cast.lea), "x", number=1)
    slugs(Basis(cast.lea), "x", number=1)
    assert made[2:] == [("x", None), ("x", 1)]
    reindex(Actor.operator(), "cohort")
    slugs(Basis(cast.lea))
    assert len(made) == 5, "an index that was made anew says something else"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_given_what_was_made_with_other_rights(cast):
    """S5: every two who may not see the same share nothing, whoever asks first."""
    for visibility in ("private", "internal", "public"):
        make_hub(cast, visibility, visibility)
    hubs.create_hub(cast.oscar, "his", visibility="private")
    actors = [cast.anonymous, cast.operator, cast.charlie, cast.oscar, cast.rita, *map(cast.actor, ROLES)]
    true = {id(each): sorted(visible_hubs(each).values_list("slug", flat=True)) for each in actors}
    for pair in combinations(actors, 2):
        for first, second in (pair, pair[::-1]):
            caching.forget_all()
            assert slugs(Basis(first)) == true[id(first)]
            assert slugs(Basis(second)) == true[id(second)]
    member, reader = (Basis(each, visible_hubs(each).get(slug="public")) for each in (cast.lea, cast.charlie))
    assert member.key != reader.key, "members are told more of a public hub"
    assert Basis(cast.anonymous).key != Basis(cast.charlie).key
    assert Basis(cast.lea).key == Basis(cast.leo).key


@pytest.mark.django_db(transaction=True)
def test_who_is_removed_or_a_hub_that_closes_is_seen_at_once(cast):
    make_hub(cast, "open", "public")
    make_hub(cast, "inner", "private")
    assert slugs(Basis(cast.lea)) == ["inner", "open"]
    hubs.remove_member(cast.alice, "inner", "lea")
    assert slugs(Basis(cast.lea)) == slugs(Basis(cast.anonymous)) == ["open"]
    hubs.update_hub(cast.alice, "open", visibility="private")
    assert slugs(Basis(cast.anonymous)) == []


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_sees_is_not_kept(cast):
    """A change that never comes to be leaves nothing behind under the number that another will have."""
    make_hub(cast)
    with transaction.atomic():
        slugs(Basis(cast.lea))
        slugs(Basis(cast.lea))
        transaction.set_rollback(True)
    slugs(Basis(cast.lea))
    assert len(made) == 3


@pytest.mark.django_db(transaction=True)
def test_counts_and_topics_cost_one_statement_once_they_are_known(cast):
    hub = make_hub(cast, "open", "public")
    text = b"## Technologies\n\n- Docker\n- Redis\n\n## Challenges\n\n- **Challenge:** The port is taken by another.\n"
    actions.create_page(cast.lea, "open", "a.md", text)
    for scope, where in ((EVERYWHERE, None), (Scope(hub), hub)):
        answers = []
        for cost in (4, 1):
            with CaptureQueriesContext(connection) as statements:
                basis = Basis(cast.anonymous, where)
                answers.append((counts(basis, scope), topics(basis, scope), topics(basis, scope, limit=1)))
            assert len(statements) == cost + (cost > 1)
        assert answers[0] == answers[1]
        assert answers[0][0] == {"challenge": 1, "technology": 2}
        assert [line.slug for line in answers[0][1]] == ["docker", "redis"]
        with transaction.atomic():
            assert (counts(basis, scope), topics(basis, scope)) == answers[0][:2]


#: What an earlier run left in Redis is none of ours.
RUN = uuid.uuid4().hex[:16]


def known(key: str) -> Basis:
    """A basis whose states are known."""
    basis = Basis(Actor.operator())
    basis.__dict__["key"] = f"{RUN}{key}".ljust(64, "0")
    return basis


def test_of_many_who_ask_at_once_one_makes_it():
    begun, going_on = threading.Event(), threading.Event()
    calls = []

    @cached
    def slow(_basis: Basis) -> dict[str, int]:
        calls.append(1)
        begun.set()
        assert going_on.wait(10)
        return {"n": len(calls)}

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(slow, known("a"))
        assert begun.wait(10)
        others = [pool.submit(slow, known("a")) for _ in range(7)]
        going_on.set()
        assert [each.result(10) for each in [first, *others]] == [{"n": 1}] * 8
    assert len(calls) == 1


def test_what_fails_is_not_kept_and_holds_nobody_up():
    calls = []

    @cached
    def failing(_basis: Basis) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not yet")
        return len(calls)

    with pytest.raises(ValueError, match="not yet"):
        failing(known("b"))
    assert failing(known("b")) == failing(known("b")) == 2


def test_a_very_large_value_is_made_each_time():
    calls = []

    @cached
    def large(_basis: Basis) -> str:
        calls.append(1)
        return "x" * caching.MAX_VALUE

    assert large(known("c")) == large(known("c"))
    assert len(calls) == 2


def counting():
    calls = []

    @cached
    def value(_basis: Basis) -> list[int]:
        calls.append(1)
        return [len(calls)]

    return value, calls


@pytest.mark.services
def test_another_process_finds_it_in_redis(settings):
    settings.REDIS_URL = settings.REDIS_URL or "redis://127.0.0.1:6379/9"
    basis = known("e")
    value, calls = counting()
    assert value(basis) == [1]
    caching.forget_all()  # as another process, which has kept nothing
    assert value(basis) == [1]
    assert len(calls) == 1
    client = shared.client()
    assert client is not None
    for key in client.keys(f"{shared.PREFIX}made:{basis.key[:32]}*"):
        client.set(key, b"\xff no JSON")
    caching.forget_all()
    assert value(basis) == [2], "what others wrote there is not believed"


def test_without_a_redis_that_answers_it_is_made_and_kept_here(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    value, calls = counting()
    assert value(known("d")) == value(known("d")) == [1]
    assert len(calls) == 1
