"""A hub's other address, other hands, end, return and purge."""

import datetime

import pytest
from django.apps import apps
from django.db.models import Q
from tests.conftest import make_hub

from nexus.accounts import actions as accounts
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, Limited, NotFound
from nexus.exchange import jobs, webhooks
from nexus.hubs import actions, audit, lifetime, queries
from nexus.hubs.access import hub_for, visible_hubs
from nexus.hubs.activity import nudge
from nexus.hubs.models import Activity, AuditEntry, FormerSlug, Hub, Membership
from nexus.hubs.quotas import held_by
from nexus.pages import actions as pages
from nexus.pages import shares
from nexus.pages.models import Blob

OUTSIDERS = ["charlie", "rita", "oscar", "anonymous"]


def administrator(cast):
    accounts.set_administrator(cast.operator, cast.user("adele"), administrator=True)
    cast.user("adele").refresh_from_db()
    return cast.adele


@pytest.mark.parametrize("name", [*OUTSIDERS, "gus", "lea", "mona"])
def test_only_owners_do_any_of_it(cast, hub, name):
    actor = getattr(cast, name)
    for deed in (
        lambda: lifetime.rename_hub(actor, "cohort", "mine"),
        lambda: lifetime.transfer_hub(actor, "cohort", "lea"),
        lambda: lifetime.delete_hub(actor, "cohort", confirm="cohort"),
        lambda: lifetime.restore_hub(actor, "cohort"),
        lambda: lifetime.purge_hub(actor, "cohort"),
        lambda: audit.done_in(actor, "cohort"),
        lambda: actions.enter_hub(actor, "cohort"),
        lambda: actions.set_hub_quota(actor, "cohort", max_pages=1, max_bytes=1),
        lambda: list(queries.all_hubs(actor)),
    ):
        with pytest.raises((NotFound, Denied)):
            deed()
    hub.refresh_from_db()
    assert (hub.slug, hub.deleted_at, hub.max_pages) == ("cohort", None, None)


def test_a_former_address_is_nobody_elses(cast, hub):
    lifetime.rename_hub(cast.alice, "cohort", "cohort-7")
    for take in (
        lambda: actions.create_hub(cast.charlie, "cohort"),
        lambda: lifetime.rename_hub(cast.oscar, actions.create_hub(cast.oscar, "oscars").slug, "cohort"),
    ):
        with pytest.raises(Conflict) as taken:
            take()
        assert taken.value.code == "slug_taken"
    for wrong in ("settings", "shared", "A b", ""):
        with pytest.raises(Invalid):
            lifetime.rename_hub(cast.alice, "cohort-7", wrong)
    lifetime.rename_hub(cast.alice, "cohort-7", "cohort")
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["cohort-7"]


def test_there_are_not_any_number_of_former_addresses(cast, hub, monkeypatch):
    monkeypatch.setattr(lifetime, "MAX_FORMER", 2)
    for before, after in (("cohort", "a"), ("a", "b")):
        lifetime.rename_hub(cast.alice, before, after)
    with pytest.raises(Conflict):
        lifetime.rename_hub(cast.alice, "b", "c")
    lifetime.rename_hub(cast.alice, "b", "a")


def test_a_deleted_hub_exists_for_nobody_and_its_owner_brings_it_back(cast, hub):
    made = shares.create_share(cast.mona, "cohort", pages_made(cast))
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    adele = administrator(cast)
    for name in ["alice", "mona", "operator", *OUTSIDERS]:
        with pytest.raises(NotFound):
            hub_for(getattr(cast, name), "cohort")
    with pytest.raises(NotFound):
        shares.opened(made.token)
    assert not visible_hubs(cast.operator).exists()
    assert [list(queries.deleted(actor)) for actor in (cast.alice, adele, cast.operator)] == [[hub]] * 3
    for name in ["mona", *OUTSIDERS]:
        assert not queries.deleted(getattr(cast, name)).exists()
        with pytest.raises(NotFound):
            lifetime.restore_hub(getattr(cast, name), "cohort")
    with pytest.raises(Conflict):
        actions.create_hub(cast.charlie, "cohort")
    lifetime.restore_hub(cast.alice, "cohort")
    assert hub_for(cast.lea, "cohort") == hub
    assert shares.opened(made.token)


def pages_made(cast) -> str:
    pages.create_page(cast.lea, "cohort", "a/b.md", b"# Page\n\n## Challenges\n\n- **Challenge:** it broke\n")
    return "a/b.md"


def test_a_purge_takes_every_row_of_the_hub_and_none_of_another(cast, hub):
    make_hub(cast, "other", "public")
    pages.create_page(cast.lea, "other", "x.md", b"# Other\n")
    pages_made(cast)
    change = pages.create_page(cast.lea, "cohort", "c.md", b"# C\n")
    pages.revert_change(cast.lea, "cohort", change.seq)
    actions.invite_member(cast.alice, "cohort", "learner")
    webhooks.create_webhook(cast.alice, "cohort", "https://example.org/")
    shares.create_share(cast.mona, "cohort", "a")
    jobs.start_export(cast.lea, "cohort", "zip")
    lifetime.rename_hub(cast.alice, "cohort", "cohort-7")
    for each in Hub.objects.all():
        nudge(each.pk)
    others = counts(Hub.objects.get(slug="other"))
    assert len([n for n in counts(hub).values() if n]) > 12
    lifetime.delete_hub(cast.alice, "cohort-7", confirm="cohort-7")
    with pytest.raises(Denied):
        lifetime.purge_hub(cast.alice, "cohort-7")
    lifetime.purge_hub(administrator(cast), "cohort-7")
    assert not Hub.objects.filter(pk=hub.pk).exists()
    assert not any(counts(hub).values())
    assert counts(Hub.objects.get(slug="other")) == others
    assert AuditEntry.objects.get(verb="hub.purged").data == {"hub": "cohort-7"}
    assert Blob.objects.filter(data=b"# Other\n").exists()
    assert actions.create_hub(cast.charlie, "cohort").slug == "cohort"  # the name is free again


def counts(hub: Hub) -> dict[str, int]:
    """How many rows of each model belong to a hub, directly or by what belongs to it."""
    found = {}
    for model in apps.get_models():
        ways = [f.name for f in model._meta.concrete_fields if f.is_relation and f.related_model is Hub]
        further = [
            f"{f.name}__hub"
            for f in model._meta.concrete_fields
            if f.is_relation and not f.null and f.related_model not in {None, Hub, model}
            and any(g.name == "hub" for g in f.related_model._meta.concrete_fields)
        ]  # fmt: skip
        if ways or further:
            condition = Q(*((way, hub.pk) for way in [*ways, *further]), _connector=Q.OR)
            found[model.__name__] = model._base_manager.filter(condition).count()
    return found


def test_what_was_deleted_long_ago_is_purged_when_its_time_comes(cast, hub, settings):
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    assert lifetime.purge_due() == 0
    with clock.at(clock.now() + datetime.timedelta(days=settings.DELETED_HUB_DAYS, seconds=1)):
        assert lifetime.purge_due() == 1
    assert not Hub.objects.exists()


def test_one_that_is_being_purged_comes_back_no_more(cast, hub):
    lifetime.delete_hub(cast.alice, "cohort", confirm="cohort")
    Hub.objects.update(deleted_at=lifetime.PURGING)
    with pytest.raises(NotFound):
        lifetime.restore_hub(cast.operator, "cohort")
    assert lifetime.purge_due() == 1
    assert not Hub.objects.exists()


def test_an_administrator_enters_where_it_is_seen(cast, hub):
    adele = administrator(cast)
    with pytest.raises(NotFound):
        hub_for(adele, "cohort")
    actions.enter_hub(adele, "cohort")
    assert Membership.objects.get(user=cast.user("adele")).role == "guest"
    assert hub_for(adele, "cohort") == hub
    row = Activity.objects.get(verb="administrator.entered")
    assert row.data == {"user": "adele"}
    assert "administrator.entered" in {each.verb for each in audit.done_in(cast.alice, "cohort")}


def test_a_hub_holds_no_more_than_it_may(cast, hub):
    actions.set_hub_quota(cast.operator, "cohort", max_pages=2, max_bytes=100)
    pages.create_page(cast.lea, "cohort", "a.md", b"a" * 10)
    change = pages.create_page(cast.lea, "cohort", "b.md", b"b" * 10)
    with pytest.raises(Limited) as full:
        pages.create_page(cast.lea, "cohort", "c.md", b"c")
    assert (full.value.code, full.value.status) == ("quota_exceeded", 413)
    hub.refresh_from_db()
    assert (hub.page_count, hub.byte_count) == (2, 20)
    assert hub.sequence == change.seq  # nothing was written
    pages.delete_page(cast.lea, "cohort", "b.md")
    pages.create_page(cast.lea, "cohort", "c.md", b"c")
    with pytest.raises(Limited):
        pages.create_page(cast.lea, "cohort", "d.md", b"d" * 90)
    hub.refresh_from_db()
    assert (hub.page_count, hub.byte_count) == (2, 21)


def test_one_person_owns_no_more_hubs_than_they_may(cast, settings):
    settings.HUBS_PER_PERSON = 1
    actions.create_hub(cast.oscar, "one")
    with pytest.raises(Limited) as full:
        actions.create_hub(cast.oscar, "two")
    assert full.value.code == "quota_exceeded"
    accounts.set_quota(cast.operator, cast.user("oscar"), max_hubs=2)
    actions.create_hub(cast.oscar, "two")
    with pytest.raises(Denied):
        accounts.set_quota(cast.oscar, cast.user("oscar"), max_hubs=9)


def test_the_hubs_of_one_person_hold_no_more_together_than_they_may(cast, hub, settings):
    actions.create_hub(cast.alice, "another")
    settings.PERSON_MB = 1
    accounts.set_quota(cast.operator, cast.user("alice"), max_hubs=None, max_bytes=100)
    pages.create_page(cast.lea, "cohort", "a.md", b"a" * 60)
    with pytest.raises(Limited) as full:
        pages.create_page(cast.alice, "another", "b.md", b"b" * 41)
    assert full.value.code == "quota_exceeded"
    pages.create_page(cast.alice, "another", "b.md", b"b" * 40)
    for hub_name, path in (("cohort", "a.md"), ("another", "b.md")):
        pages.delete_page(cast.alice, hub_name, path)  # what adds nothing is always done
    assert held_by([cast.user("alice").pk, cast.user("lea").pk]) == {cast.user("alice").pk: 100}
    actions.set_member(cast.alice, "cohort", "mona", "owner")
    pages.create_page(cast.lea, "cohort", "c.md", b"c" * 50)  # Mona has room for it
    accounts.set_quota(cast.operator, cast.user("alice"), max_hubs=None)
    pages.create_page(cast.alice, "another", "d.md", b"d" * 50)
    actions.create_hub(cast.operator, "nobodys")
    settings.PERSON_MB = 0
    pages.create_page(cast.operator, "nobodys", "e.md", b"e")
    with pytest.raises(Limited):
        pages.create_page(cast.alice, "another", "f.md", b"f")


def test_addresses_are_forgotten_in_time_and_rows_are_not(cast, hub, settings):
    Activity.objects.update(address="192.0.2.1")
    audit.note(cast.operator, "account.deactivated", {"user": "x\n[info] forged"})
    AuditEntry.objects.update(address="192.0.2.1")
    before = Activity.objects.count()
    assert audit.forget_addresses() == 0
    with clock.at(clock.now() + datetime.timedelta(days=settings.ADDRESS_DAYS, seconds=1)):
        assert audit.forget_addresses() == before + 1
    assert not Activity.objects.exclude(address="").exists()
    assert Activity.objects.count() == before
    assert "\n" not in AuditEntry.objects.get().data["user"]
