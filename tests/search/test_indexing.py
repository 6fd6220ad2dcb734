"""The search index follows the log, equals a rebuild, and says so when it does not."""

import pytest
from tests.search.test_search import AMINA, KOFI

from nexus.base.errors import Denied
from nexus.hubs.models import FollowerCursor
from nexus.knowledge.tasks import follow as follow_knowledge
from nexus.pages import actions
from nexus.pages.queries import path_for
from nexus.search.actions import reindex
from nexus.search.indexing import MAX_TEXT
from nexus.search.invariants import invariants
from nexus.search.models import Findable
from nexus.search.queries import search
from nexus.search.tasks import follow

pytestmark = pytest.mark.django_db(transaction=True)


def snapshot() -> list[tuple]:
    names = [field.attname for field in Findable._meta.concrete_fields if field.attname != "id"]
    return sorted(Findable.objects.values_list(*names), key=repr)


@pytest.fixture
def written(cast, hub):
    actions.create_page(cast.lea, "cohort", "README.md", AMINA.encode())
    actions.create_page(cast.leo, "cohort", "log.md", KOFI.encode())
    actions.create_page(cast.leo, "cohort", "plot.png", b"\x89PNG\0")
    actions.edit_page(
        cast.mona, "cohort", "log.md", KOFI.replace("No database", "A missing database").encode(),
        base=path_for(cast.mona, "cohort", "log.md").head_id,
    )  # fmt: skip
    actions.move_page(cast.lea, "cohort", "README.md", "amina/README.md")
    return cast


def test_following_equals_a_rebuild(written):
    before = snapshot()
    assert list(invariants()) == []
    reindex(written.operator)
    assert snapshot() == before
    Findable.objects.all().delete()
    reindex(written.operator, "cohort")
    assert snapshot() == before


def test_what_is_wrong_is_found_and_repaired(written):
    before = snapshot()
    Findable.objects.filter(kind="practice").update(body=" something else ")
    Findable.objects.filter(kind="technology").delete()
    Findable.objects.filter(kind="hub").update(head=" old ")
    page = Findable.objects.filter(kind="page").first()
    page.pk = None
    page.save(force_insert=True)
    assert {finding.code for finding in invariants()} == {"findable_differs"}
    assert len(list(invariants())) == 5
    reindex(written.operator)
    assert snapshot() == before
    assert list(invariants()) == []


def test_an_index_that_lags_is_said_so(written, hub):
    FollowerCursor.objects.filter(follower="search").update(seq=1)
    assert [finding.code for finding in invariants()] == ["search_behind"]


def test_a_lost_nudge_only_delays(cast, hub, settings):
    settings.NEXUS_FOLLOWERS = []
    actions.create_page(cast.lea, "cohort", "README.md", AMINA.encode())
    follow(hub.pk)
    assert search(cast.lea, "docker").results == (), "it must wait for what the knowledge index finds"
    follow_knowledge(hub.pk)
    follow(hub.pk)
    assert len(search(cast.lea, "docker").results) == 5
    before = snapshot()
    follow(hub.pk)
    assert snapshot() == before


def test_very_long_texts_are_searched_up_to_a_bound(cast, hub):
    text = "# Long\n\n" + "word " * (MAX_TEXT // 5) + " beyond"
    actions.create_page(cast.lea, "cohort", "long.md", text.encode())
    assert len(Findable.objects.get(kind="page").text) == MAX_TEXT
    assert search(cast.lea, "beyond").results == ()


def test_reindexing_is_the_operators(written):
    with pytest.raises(Denied):
        reindex(written.alice)
