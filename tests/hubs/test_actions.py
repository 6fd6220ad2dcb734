"""Hubs and members: made, changed, and never without an owner."""

import pytest

from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.hubs import actions
from nexus.hubs.models import Activity, Membership


def verbs(hub) -> list[str]:
    return list(Activity.objects.filter(hub=hub).order_by("seq").values_list("verb", flat=True))


def test_a_hub_belongs_to_whoever_made_it(cast):
    hub = actions.create_hub(cast.lea, "leas", title="  Lea's   hub ", visibility="public")
    assert (hub.title, hub.visibility, hub.sequence) == ("Lea's hub", "public", 1)
    assert Membership.objects.get(hub=hub).role == "owner"
    assert verbs(hub) == ["hub.created"]


def test_the_operators_hub_has_no_members(cast):
    assert not actions.create_hub(cast.operator, "theirs").memberships.exists()


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a" * 64, "ä", "a/b", ".."])
def test_addresses_that_cannot_be(cast, slug):
    with pytest.raises(Invalid) as refused:
        actions.create_hub(cast.operator, slug)
    assert refused.value.field == "slug"


@pytest.mark.parametrize("slug", ["account", "static", "api", "health", "new"])
def test_reserved_addresses(cast, slug):
    with pytest.raises(Invalid):
        actions.create_hub(cast.operator, slug)


def test_what_is_taken_or_wrong(cast, hub):
    with pytest.raises(Conflict) as refused:
        actions.create_hub(cast.oscar, hub.slug)
    assert refused.value.code == "slug_taken"
    with pytest.raises(Invalid):
        actions.create_hub(cast.oscar, "new", visibility="secret")
    with pytest.raises(Invalid):
        actions.create_hub(cast.oscar, "new", title="x" * 201)
    with pytest.raises(Denied):
        actions.create_hub(cast.anonymous, "new")


def test_creating_hubs_can_be_left_to_administrators(cast, settings):
    settings.HUB_CREATION = "administrators"
    with pytest.raises(Denied):
        actions.create_hub(cast.lea, "leas")
    assert actions.create_hub(cast.operator, "theirs").pk


def test_settings_change_what_is_given_and_say_so(cast, hub):
    before = len(verbs(hub))
    assert actions.update_hub(cast.alice, hub.slug, visibility="public").title == hub.title
    actions.update_hub(cast.alice, hub.slug, visibility="public")
    assert verbs(hub)[before:] == ["hub.updated"]
    for name in ("mona", "lea", "gus"):
        with pytest.raises(Denied):
            actions.update_hub(getattr(cast, name), hub.slug, title="mine")


def test_archive_and_back(cast, hub):
    actions.archive_hub(cast.alice, hub.slug)
    actions.archive_hub(cast.alice, hub.slug)
    actions.archive_hub(cast.alice, hub.slug, archived=False)
    assert verbs(hub)[-2:] == ["hub.archived", "hub.unarchived"]
    with pytest.raises(NotFound):
        actions.archive_hub(cast.charlie, hub.slug)


def test_members_come_change_and_go(cast, hub):
    actions.set_member(cast.alice, hub.slug, cast.user("charlie").username, "learner")
    actions.set_member(cast.alice, hub.slug, "charlie", "mentor")
    actions.set_member(cast.alice, hub.slug, "charlie", "mentor")
    actions.remove_member(cast.charlie, hub.slug, "charlie")  # everybody may leave
    assert verbs(hub)[-3:] == ["member.added", "member.changed", "member.removed"]


def test_who_may_not_change_members(cast, hub):
    with pytest.raises(Denied):
        actions.set_member(cast.mona, hub.slug, "lea", "owner")
    with pytest.raises(Denied):
        actions.remove_member(cast.mona, hub.slug, "lea")
    with pytest.raises(NotFound):
        actions.remove_member(cast.charlie, hub.slug, "lea")
    with pytest.raises(NotFound):
        actions.remove_member(cast.alice, hub.slug, "nobody")


def test_members_that_cannot_be(cast, hub):
    with pytest.raises(Invalid) as refused:
        actions.set_member(cast.alice, hub.slug, "nobody", "guest")
    assert refused.value.code == "unknown_user"
    with pytest.raises(Invalid):
        actions.set_member(cast.alice, hub.slug, "lea", "king")


def test_a_hub_keeps_an_owner(cast, hub):
    for attempt in (
        lambda: actions.remove_member(cast.alice, hub.slug, "alice"),
        lambda: actions.set_member(cast.alice, hub.slug, "alice", "guest"),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "last_owner"
    actions.set_member(cast.alice, hub.slug, "mona", "owner")
    actions.remove_member(cast.alice, hub.slug, "alice")
    assert Membership.objects.get(hub=hub, role="owner").user.username == "mona"
