"""What seems not to be for everybody is shown before more people read it, and asked about once."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.conftest import make_hub
from tests.pages.keys import KEYS, Maker, private_key

from nexus.base import clock
from nexus.base.errors import Denied, Invalid, NotFound
from nexus.hubs import actions as hubs
from nexus.hubs.models import Activity, Hub
from nexus.pages import actions, blobs, guard, queries, shares
from nexus.pages.guard import ALL, SecretsFound
from nexus.pages.models import Blob, Reviewed, Version

KEY, OTHER = KEYS["GitHub"](Maker(1)), KEYS["Stripe"](Maker(2))
CLEAN, WITH_KEY = b"# Notes\n", f"# Notes\n\nexport TOKEN={KEY}\n".encode()


@pytest.fixture
def private(cast):
    return make_hub(cast, "cohort", "private")


@pytest.fixture
def public(cast):
    return make_hub(cast, "cohort", "public")


def write(actor, path: str, text: bytes):
    return actions.create_page(actor, "cohort", path, text)


def edit(actor, path: str, text: bytes):
    return actions.edit_page(actor, "cohort", path, text, base=queries.path_for(actor, "cohort", path).head_id)


def refused(act) -> SecretsFound:
    versions, activities, written = Version.objects.count(), Activity.objects.count(), Reviewed.objects.count()
    with pytest.raises(SecretsFound) as refusal:
        act()
    assert (Version.objects.count(), Activity.objects.count()) == (versions, activities)
    assert Reviewed.objects.count() == written
    return refusal.value


@pytest.mark.parametrize("visibility", ["internal", "public"])
def test_a_key_is_not_stored_in_a_hub_that_others_read(cast, visibility):
    make_hub(cast, "cohort", visibility)
    error = refused(lambda: write(cast.lea, "a.md", WITH_KEY))
    assert (error.code, error.status, error.details["more"]) == ("secrets_found", 409, False)
    (told,) = error.details["suspects"]
    assert (told["path"], told["line"], told["what"], told["name"]) == ("a.md", 3, "key", "a key of GitHub")
    assert KEY not in str(error)
    assert KEY not in repr(error.details)
    assert told["masked"].startswith(KEY[:4])


def test_in_a_private_hub_nobody_is_asked(cast, private):
    assert write(cast.lea, "a.md", WITH_KEY)
    (told,), more = guard.suspects(cast.lea, "cohort")
    assert (told.path, told.version, more) == ("a.md", None, False)


def test_what_was_decided_is_not_asked_again_whoever_writes_it_where(cast, public):
    error = refused(lambda: write(cast.lea, "a.md", WITH_KEY))
    assert guard.review_suspects(cast.lea, "cohort", [error.found[0].id]) == 1
    write(cast.lea, "a.md", WITH_KEY)
    write(cast.leo, "deep/b.txt", b"again " + KEY.encode())
    edit(cast.leo, "a.md", WITH_KEY + b"more\n")
    assert guard.review_suspects(cast.mona, "cohort", [error.found[0].id]) == 0
    assert Reviewed.objects.get().person == cast.user("lea").person
    written = Activity.objects.get(verb="suspect.reviewed")
    assert (written.person.handle, written.data) == ("lea", {"number": 1})
    refused(lambda: write(cast.lea, "c.md", OTHER.encode()))


def test_a_decision_is_of_one_hub(cast, public):
    make_hub(cast, "second", "public")
    error = refused(lambda: write(cast.lea, "a.md", WITH_KEY))
    guard.review_suspects(cast.lea, "cohort", [error.found[0].id])
    other = refused(lambda: actions.create_page(cast.lea, "second", "a.md", WITH_KEY))
    assert other.found[0].id != error.found[0].id


def test_every_deed_that_brings_new_text_is_asked_about(cast, public):
    write(cast.lea, "a.md", CLEAN)
    refused(lambda: edit(cast.lea, "a.md", WITH_KEY))
    step = actions.Step("create", "c.md", WITH_KEY)
    refused(lambda: actions.change_pages(cast.lea, "cohort", [actions.Step("delete", "a.md"), step]))
    refused(lambda: write(cast.lea, ".env", b"DB_PASSWORD=" + OTHER.encode()))
    refused(lambda: write(cast.lea, "id_rsa", private_key(Maker(3)).encode()))


def test_what_everybody_reads_already_is_no_news(cast, private):
    write(cast.lea, "a.md", WITH_KEY)
    write(cast.lea, "b.md", WITH_KEY + b"and more\n")
    guard.looked_through(cast.alice, [ALL], lambda: hubs.update_hub(cast.alice, "cohort", visibility="public"))
    Reviewed.objects.all().delete()  # so that only what is there already speaks for it
    edit(cast.leo, "a.md", WITH_KEY + b"a typo less\n")
    actions.move_page(cast.lea, "cohort", "b.md", "c/b.md")
    actions.delete_page(cast.lea, "cohort", "c/b.md")
    actions.restore_page(cast.mona, "cohort", "c/b.md")
    change = edit(cast.leo, "a.md", CLEAN)
    actions.revert_change(cast.leo, "cohort", change.seq)


def test_a_hub_is_looked_through_before_others_read_it_its_history_too(cast, private):
    write(cast.lea, "a.md", WITH_KEY)
    edit(cast.lea, "a.md", CLEAN)
    write(cast.lea, "b/.env", OTHER.encode())
    write(cast.lea, "gone.md", KEYS["Google"](Maker(3)).encode())
    actions.delete_page(cast.lea, "cohort", "gone.md")
    error = refused(lambda: hubs.update_hub(cast.alice, "cohort", visibility="internal", title="Other"))
    assert [(told.path, told.version) for told in error.found] == [("b/.env", None), ("gone.md", 1), ("a.md", 1)]
    assert Hub.objects.get().visibility == "private"
    hubs.update_hub(cast.alice, "cohort", title="Other")
    guard.looked_through(cast.alice, [ALL], lambda: hubs.update_hub(cast.alice, "cohort", visibility="internal"))
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    hubs.update_hub(cast.alice, "cohort", visibility="private")


def test_an_archived_hub_is_asked_about_too(cast, private):
    write(cast.lea, "a.md", WITH_KEY)
    hubs.archive_hub(cast.alice, "cohort")
    refused(lambda: hubs.update_hub(cast.alice, "cohort", visibility="public"))
    guard.looked_through(cast.alice, [ALL], lambda: hubs.update_hub(cast.alice, "cohort", visibility="public"))


def test_a_link_is_asked_about_and_then_what_comes_to_what_it_shares(cast, private):
    write(cast.lea, "open/a.md", WITH_KEY)
    write(cast.lea, "openly/b.md", OTHER.encode())
    refused(lambda: shares.create_share(cast.mona, "cohort", "open/a.md"))
    refused(lambda: shares.create_share(cast.mona, "cohort", "open"))
    error = refused(lambda: shares.create_share(cast.mona, "cohort", "openly"))
    assert [told.path for told in error.found] == ["openly/b.md"]
    edit(cast.lea, "open/a.md", CLEAN)
    made = shares.create_share(cast.mona, "cohort", "open")
    shares.create_share(cast.mona, "cohort", "open")

    write(cast.lea, "elsewhere.md", WITH_KEY)
    refused(lambda: write(cast.lea, "open/b.md", WITH_KEY))
    refused(lambda: actions.move_page(cast.lea, "cohort", "openly", "open/too"))
    refused(lambda: actions.restore_page(cast.mona, "cohort", "open/a.md", number=1))
    for share in guard.Share.objects.all():
        shares.revoke_share(cast.mona, "cohort", share.pk)
    assert made
    write(cast.lea, "open/b.md", WITH_KEY)


def test_a_link_that_is_over_shares_nothing(cast, private, monkeypatch):
    shares_made = write(cast.lea, "open/a.md", CLEAN) and shares.create_share(cast.mona, "cohort", "open", days=1)
    later = clock.now() + datetime.timedelta(days=2)
    guard.Share.objects.filter(pk=shares_made.share.pk).update(expires_at=later - datetime.timedelta(days=3))
    write(cast.lea, "open/b.md", WITH_KEY)


def test_ones_own_address_may_be_written_and_that_of_others_is_asked_about(cast, public):
    cast.user("lea")
    mine, others = "lea" + "@" + "example.org", "ruth.l" + "@" + "analytical.com"
    type(cast.user("lea")).objects.filter(username="lea").update(email="lea.o" + "@" + "analytical.com")
    write(cast.lea, "a.md", b"Mail lea.o" + b"@" + b"analytical.com or " + mine.encode())
    (told,) = refused(lambda: write(cast.lea, "b.md", others.encode())).found
    assert told.what == "email"


def test_only_who_may_write_decides(cast, public):
    (told,) = refused(lambda: write(cast.lea, "a.md", WITH_KEY)).found
    for name in ("gus", "charlie", "rita"):
        with pytest.raises(Denied):
            guard.review_suspects(cast.actor(name), "cohort", [told.id])
        with pytest.raises(Denied):
            guard.suspects(cast.actor(name), "cohort")
    hubs.update_hub(cast.alice, "cohort", visibility="private")
    with pytest.raises(NotFound):
        guard.review_suspects(cast.charlie, "cohort", [told.id])


@pytest.mark.parametrize("ids", [[], ["all"], ["x" * 32], ["0" * 31], ["0" * 33], [f"{n:032x}" for n in range(501)]])
def test_what_is_no_list_of_suspects_is_refused(cast, public, ids):
    with pytest.raises(Invalid) as error:
        guard.review_suspects(cast.lea, "cohort", ids)
    assert error.value.field == "suspects"


def test_the_deed_and_the_decision_come_together(cast, public):
    text = WITH_KEY + OTHER.encode()
    one, two = refused(lambda: write(cast.lea, "a.md", text)).found
    refused(lambda: guard.looked_through(cast.lea, [one.id], lambda: write(cast.lea, "a.md", text)))
    assert guard.looked_through(cast.lea, [one.id, two.id], lambda: write(cast.lea, "a.md", text))
    assert Reviewed.objects.count() == 2


def test_more_than_one_answer_tells(cast, public):
    text = "\n".join(KEYS["GitHub"](Maker(n)) for n in range(90)).encode()
    steps = [actions.Step("create", f"{n}.md", text + KEYS["Stripe"](Maker(n)).encode()) for n in range(3)]
    error = refused(lambda: actions.change_pages(cast.lea, "cohort", steps))
    assert (len(error.found), error.details["more"]) == (guard.MOST, True)
    assert guard.looked_through(cast.lea, [ALL], lambda: actions.change_pages(cast.lea, "cohort", steps))


def test_texts_that_other_rules_looked_through_are_looked_through_anew(cast, private):
    write(cast.lea, "a.md", WITH_KEY)
    write(cast.lea, "b.md", CLEAN)
    Blob.objects.update(rules=0, suspects=0)
    refused(lambda: hubs.update_hub(cast.alice, "cohort", visibility="public"))
    assert set(Blob.objects.values_list("rules", flat=True)) == {guard.RULES}
    Blob.objects.update(rules=0, suspects=0)
    refused(lambda: shares.create_share(cast.mona, "cohort", "a.md"))
    Blob.objects.update(rules=0, suspects=0)
    assert blobs.store([blobs.content_of(WITH_KEY), blobs.content_of(CLEAN)]) == {blobs.content_of(WITH_KEY).hash}
    assert Blob.objects.filter(suspects=1, rules=guard.RULES).count() == 1


def test_what_was_decided_hides_nothing_however_much_it_is(cast, private, monkeypatch):
    """A hub is opened only when all of it was looked through, and what is left is told by every list."""
    monkeypatch.setattr(guard, "TEXTS", 2)
    actions.create_page(cast.lea, "cohort", "first.md", WITH_KEY)
    for number in range(14):
        actions.create_page(
            cast.lea, "cohort", f"{number}.md", f"token {KEYS['GitHub'](Maker(10 + number))}\n".encode()
        )
    found = guard.look_at_all(cast.lea, private, guard._suspicious(Version.objects.filter(page__hub=private)))
    assert len(found) == 15
    guard.review_suspects(cast.lea, "cohort", [one.id for one in found if one.path != "first.md"])
    told, more = guard.suspects(cast.lea, "cohort")
    assert [one.path for one in told] == ["first.md"]
    assert not more
    with pytest.raises(SecretsFound):
        hubs.update_hub(cast.alice, "cohort", visibility="public")
    assert guard.suspects(cast.lea, "cohort", turns=2) == ([], True), "and who stops before says so"


def test_what_holds_nothing_costs_no_statement(cast, public):
    with CaptureQueriesContext(
        connection,
    ) as clean:
        write(cast.lea, "a.md", CLEAN)
    asked = [query["sql"] for query in clean if "pages_reviewed" in query["sql"] or "pages_share" in query["sql"]]
    assert asked == []
