"""What people decide about finds: it holds everywhere, through edits and rebuilds, and says who and of which version."""

import pytest
from django.test import Client

from nexus.base.errors import Denied, Invalid, NotFound
from nexus.hubs import actions as hubs
from nexus.hubs.caching import Basis
from nexus.hubs.models import Activity
from nexus.knowledge import queries
from nexus.knowledge.actions import decide_entry, reindex
from nexus.knowledge.invariants import invariants
from nexus.knowledge.models import Decision, Entry, EntryTopic
from nexus.knowledge.queries import Scope
from nexus.pages import actions
from nexus.pages.queries import path_for
from nexus.search.queries import search

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = """# Log

## Technologies

- Redis
- Patience

## Challenges

- It rained all week and the bus was late.
- **Problem:** Slow lists. **Solution:** An index.
"""
RAIN = "It rained all week and the bus was late."


@pytest.fixture
def lea(cast, hub):
    actions.create_page(cast.lea, "cohort", "log.md", TEXT.encode())
    return cast.lea


def found(title: str) -> Entry:
    return Entry.objects.get(title__startswith=title)


def titles(actor, kind: str = "") -> list[str]:
    return [row.title for row in queries.entries(actor, "cohort", kind=kind)]


def edit(actor, text: str) -> None:
    base = path_for(actor, "cohort", "log.md").head_id
    actions.edit_page(actor, "cohort", "log.md", text.encode(), base=base)


def test_what_is_nothing_is_shown_nowhere_and_can_be_undone(cast, lea, client):
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    rain = found("It rained")
    decide_entry(lea, "cohort", rain.pk, "not_this")
    assert RAIN not in titles(lea)
    assert search(lea, "rained kind:challenge").results == ()
    place = path_for(lea, "cohort", "log.md").hub
    assert queries.counts(Basis(lea, place), Scope(place))["challenge"] == 1
    shown = client.get("/cohort/pages/log.md").content.decode()
    assert "bus was late" in shown  # the text says it,
    assert "bus was late" not in shown.partition("Found in this page")[2]  # but nobody says it is a challenge
    for address in ("/api/v1/hubs/cohort/entries", "/cohort/challenges"):
        assert "rained" not in client.get(address).content.decode(), address
    assert client.get(f"/api/v1/hubs/cohort/entries/{rain.pk}").status_code == 404
    query = {"query": '{ entries(hub: "cohort", first: 50) { nodes { title } } }'}
    assert "rained" not in client.post("/graphql", query, "application/json").content.decode()
    decide_entry(cast.mona, "cohort", rain.pk, "right")
    assert RAIN in titles(lea)


def test_what_is_of_another_kind_is_that_everywhere(lea):
    patience = found("Patience")
    assert titles(lea, "technology") == ["Redis", "Patience"]
    decide_entry(lea, "cohort", patience.pk, "other_kind", kind="concept")
    assert titles(lea, "technology") == ["Redis"]
    assert titles(lea, "concept") == ["Patience"]
    assert [result.kind for result in search(lea, "patience kind:concept").results] == ["concept"]
    assert EntryTopic.objects.filter(entry=patience).values_list("topic", flat=True).get() == "patience"
    decide_entry(lea, "cohort", patience.pk, "other_kind", kind="challenge")
    assert found("Patience").problem == "Patience"
    decide_entry(lea, "cohort", patience.pk, "other_kind", kind="technology")  # what it was found as
    assert Decision.objects.latest("seq").verdict == "right"
    assert titles(lea, "technology") == ["Redis", "Patience"]


def test_a_decision_survives_edits_moves_and_rebuilds(cast, lea):
    rain, patience = found("It rained"), found("Patience")
    decide_entry(lea, "cohort", rain.pk, "not_this")
    decide_entry(lea, "cohort", patience.pk, "other_kind", kind="practice")
    edited = TEXT.replace("- Redis", "- Redis\n- Docker").replace("bus was late", "bus came late")
    edit(lea, f"Words before.\n\n{edited}")
    assert titles(lea, "challenge") == ["Slow lists."]
    edit(lea, "# Nothing\n")
    edit(lea, TEXT)
    actions.move_page(lea, "cohort", "log.md", "b/log.md")
    for _ in range(2):
        assert RAIN not in titles(lea)
        assert titles(lea, "practice") == ["Patience"]
        assert list(invariants()) == []
        reindex(cast.operator)
    assert {row.pk for row in Entry.objects.exclude(verdict=None)} == {rain.pk, patience.pk}


def test_equal_finds_keep_their_own_decisions(lea):
    edit(lea, TEXT + "- **Problem:** Slow lists! **Solution:** Another.\n")
    first, second = Entry.objects.filter(title__startswith="Slow lists").order_by("start")
    decide_entry(lea, "cohort", second.pk, "not_this")
    edit(lea, "More.\n\n" + TEXT + "- **Problem:** Slow lists! **Solution:** Another.\n")
    assert Entry.objects.get(pk=first.pk).is_present
    assert not Entry.objects.get(pk=second.pk).is_present


def test_a_decision_names_its_author_and_version_and_is_an_activity(cast, lea):
    row = found("Patience")
    made = decide_entry(lea, "cohort", row.pk, "right")
    assert (made.person.handle, made.version_id, made.verdict) == ("lea", row.version_id, "right")
    written = Activity.objects.get(verb="entry.decided")
    assert written.seq == made.seq
    assert written.data == {"entry": str(row.pk), "page": str(row.page_id), "verdict": "right", "kind": None}
    assert decide_entry(lea, "cohort", row.pk, "right").pk == made.pk  # said again: nothing new
    assert Activity.objects.filter(verb="entry.decided").count() == 1


@pytest.mark.parametrize(
    ("verdict", "kind"), [("wrong", ""), ("other_kind", ""), ("other_kind", "opinion"), ("right", "concept")]
)
def test_what_is_no_decision_is_refused(lea, verdict, kind):
    with pytest.raises(Invalid):
        decide_entry(lea, "cohort", found("Patience").pk, verdict, kind=kind)


@pytest.mark.security
def test_only_those_decide_who_may_write(cast, lea):
    row = found("Patience")
    for who, error in ((cast.gus, Denied), (cast.charlie, NotFound), (cast.rita, NotFound)):
        with pytest.raises(error):
            decide_entry(who, "cohort", row.pk, "not_this")
    hubs.create_hub(cast.charlie, "mine")
    with pytest.raises(NotFound):
        decide_entry(cast.charlie, "mine", row.pk, "not_this")
    decide_entry(lea, "cohort", row.pk, "not_this")
    assert Client().get(f"/cohort/technologies/{row.pk}").status_code == 404
