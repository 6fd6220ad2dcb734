"""The capability table, asked in its two forms: they are equal for every role, visibility, capability and actor."""

import itertools
from dataclasses import replace

import pytest
from tests.conftest import ROLES, make_hub

from nexus.accounts.actor import INCLUDED, Actor, Door, Scope
from nexus.base import clock
from nexus.base.errors import Denied, NotFound, Unauthenticated
from nexus.hubs import actions
from nexus.hubs.access import (
    CAPABILITIES,
    IN_ARCHIVE,
    IN_BIN,
    PURGING,
    Capability,
    capabilities,
    deleted_hubs,
    hub_for,
    hubs_where,
    is_wider,
    require,
    visible_activities,
    visible_hubs,
    visible_invitations,
    visible_memberships,
)
from nexus.hubs.models import Hub, Role, Visibility

ACTORS = [*ROLES, "rita", "charlie", "oscar", "anonymous", "operator"]


@pytest.fixture
def every_hub(cast):
    """A hub of each visibility, live and archived, and one of Oscar's."""
    for visibility, archived in itertools.product(Visibility.values, (False, True)):
        slug = f"{visibility}-{'old' if archived else 'live'}"
        make_hub(cast, slug, visibility)
        if archived:
            actions.archive_hub(cast.alice, slug)
    actions.create_hub(cast.oscar, "oscars")
    return list(Hub.objects.order_by("slug"))


def test_predicate_and_queryset_agree_everywhere(cast, every_hub):
    for name, capability in itertools.product(ACTORS, Capability):
        actor = getattr(cast, name)
        listed = set(hubs_where(actor, capability).values_list("slug", flat=True))
        allowed = {hub.slug for hub in every_hub if capability in capabilities(actor, hub)}
        assert listed == allowed, (name, capability)


def test_they_agree_for_every_token(cast, every_hub):
    """A token reaches no further than its owner, its scopes and its hubs; its reach never grows with what is left out."""
    some = frozenset(hub.pk for hub in every_hub[::2])
    for name, scope, hubs in itertools.product(["alice", "lea", "charlie"], Scope, (None, some, frozenset())):
        whole = getattr(cast, name)
        actor = replace(whole, scopes=frozenset(INCLUDED[scope]), hub_ids=hubs)
        for capability in Capability:
            listed = {hub.pk for hub in hubs_where(actor, capability)}
            assert listed == {hub.pk for hub in every_hub if capability in capabilities(actor, hub)}
            assert listed <= {hub.pk for hub in hubs_where(whole, capability)} & (listed if hubs is None else hubs)
        assert (Capability.PAGE_EDIT in capabilities(actor, every_hub[0])) <= (scope is not Scope.READ)


def test_a_token_that_does_not_reach_is_told_so(cast, hub):
    reader = replace(cast.alice, scopes=frozenset({Scope.READ}))
    with pytest.raises(Denied) as refused:
        require(reader, Capability.PAGE_EDIT, hub)
    assert refused.value.code == "insufficient_scope"
    with pytest.raises(Denied):
        actions.create_hub(replace(cast.alice, hub_ids=frozenset({hub.pk})), "another")
    with pytest.raises(NotFound):
        hub_for(replace(cast.alice, hub_ids=frozenset()), hub.slug)


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        ("private", {*ROLES, "operator"}),
        ("internal", {*ROLES, "rita", "charlie", "oscar", "operator"}),
        ("public", set(ACTORS)),
    ],
)
def test_readers_by_visibility(cast, every_hub, visibility, readers):
    slugs = {f"{visibility}-live", f"{visibility}-old"}
    seen = {name for name in ACTORS if slugs <= set(visible_hubs(getattr(cast, name)).values_list("slug", flat=True))}
    assert seen == readers


def test_roles_include_the_ones_below():
    ladder = [CAPABILITIES[role] for role in (Role.GUEST, Role.LEARNER, Role.MENTOR, Role.OWNER)]
    assert all(low < high for low, high in itertools.pairwise(ladder))
    assert CAPABILITIES[Role.OWNER] == frozenset(Capability)


def test_archived_hub_can_only_be_read_and_managed(cast, every_hub):
    hub = next(h for h in every_hub if h.slug == "public-old")
    for name in ACTORS:
        assert capabilities(getattr(cast, name), hub) <= IN_ARCHIVE
    with pytest.raises(Denied) as refused:
        require(cast.lea, Capability.PAGE_EDIT, hub)
    assert refused.value.code == "archived"


def test_what_charlie_may_not_see_does_not_exist(cast, hub):
    with pytest.raises(NotFound) as hidden:
        hub_for(cast.charlie, hub.slug)
    with pytest.raises(NotFound) as absent:
        hub_for(cast.charlie, "no-such-hub")
    assert str(hidden.value) == str(absent.value)
    assert hidden.value.details == absent.value.details == {}


def test_deactivated_user_is_nobody(cast, hub):
    user = cast.user("lea")
    user.is_active = False
    assert Actor.of(user, Door.WEB) == Actor.anonymous(Door.WEB)


def test_administrator_reads_no_private_hub(cast, hub):
    user = cast.user("charlie")
    user.is_administrator = True
    with pytest.raises(NotFound):
        hub_for(Actor.of(user, Door.WEB), hub.slug)


def test_rights_cost_one_statement_whatever_the_number_of_hubs(cast, every_hub, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(visible_hubs(cast.lea)) == 6
    with django_assert_num_queries(1):
        capabilities(cast.lea, every_hub[0])


def test_what_is_no_visibility_is_not_wider():
    assert is_wider("public", "private")
    assert not is_wider("private", "internal")
    assert not is_wider("internal", "internal")
    assert not is_wider("everywhere", "private")


def test_they_agree_about_what_is_deleted(cast, every_hub):
    Hub.objects.update(deleted_at=clock.now())
    for hub in every_hub:
        hub.refresh_from_db()
    for name, capability in itertools.product(ACTORS, Capability):
        actor = getattr(cast, name)
        listed = set(hubs_where(actor, capability).values_list("slug", flat=True))
        assert listed == {hub.slug for hub in every_hub if capability in capabilities(actor, hub)}, (name, capability)
        assert not listed or capability in IN_BIN
    owned = {hub.slug for hub in every_hub} - {"oscars"}
    assert set(hubs_where(cast.alice, Capability.HUB_RESTORE).values_list("slug", flat=True)) == owned


def test_who_brings_a_deleted_hub_back(cast, hub):
    actions.create_hub(cast.oscar, "oscars")
    actions.create_hub(cast.alice, "purged")
    Hub.objects.exclude(slug="purged").update(deleted_at=clock.now())
    Hub.objects.filter(slug="purged").update(deleted_at=PURGING)
    administrator = replace(cast.charlie, is_administrator=True)
    may = {name: set(deleted_hubs(getattr(cast, name)).values_list("slug", flat=True)) for name in ACTORS}
    both = {"cohort", "oscars"}
    assert may == {name: set() for name in ACTORS} | {"alice": {"cohort"}, "oscar": {"oscars"}, "operator": both}
    assert set(deleted_hubs(administrator).values_list("slug", flat=True)) == both


def test_who_hears_of_members(cast):
    """Everybody hears of a public hub; of who belongs to it its members alone."""
    make_hub(cast, "open", "public")
    make_hub(cast, "hidden", "private")
    of = {"open": {*ROLES, "operator"}, "hidden": {*ROLES, "operator"}}
    for name in ACTORS:
        actor = getattr(cast, name)
        told = set(visible_activities(actor).values_list("hub__slug", "verb"))
        for slug, members in of.items():
            assert ((slug, "member.added") in told) == (name in members), (name, slug)
            assert ((slug, "hub.created") in told) == (slug == "open" or name in members), (name, slug)
            assert visible_memberships(actor).filter(hub__slug=slug).exists() == (name in members), (name, slug)
    here = replace(cast.lea, hub_ids=frozenset({Hub.objects.get(slug="hidden").pk}))
    assert set(visible_activities(here).values_list("hub__slug", flat=True)) == {"hidden"}
    assert set(visible_memberships(here).values_list("hub__slug", flat=True)) == {"hidden"}
    away = replace(cast.lea, hub_ids=frozenset())
    assert not visible_activities(away).exists()
    assert not visible_memberships(away).exists()


def test_who_sees_an_invitation(cast, hub):
    """Owners all of their hub, mentors their own while they are mentors, others none."""
    other = make_hub(cast, "other", "public", {"alice": "owner", "mona": "learner"})
    by = {
        name: actions.invite_member(getattr(cast, name), hub.slug, "learner").invitation.pk
        for name in ("alice", "mona")
    }
    elsewhere = actions.invite_member(cast.alice, other.slug, "learner").invitation.pk
    seen = {name: set(visible_invitations(getattr(cast, name)).values_list("pk", flat=True)) for name in ACTORS}
    everything = {*by.values(), elsewhere}
    assert seen == {name: set() for name in ACTORS} | {
        "alice": everything,
        "mona": {by["mona"]},
        "operator": everything,
    }
    actions.set_member(cast.alice, hub.slug, "mona", "learner")
    assert not visible_invitations(cast.mona).exists()


def test_what_somebody_is_told_who_may_not(cast, every_hub, django_assert_num_queries):
    """The reason is the first of these that holds: not there, sign in, archived, the token, the role."""
    hubs = {hub.slug: hub for hub in every_hub}
    told = [
        ("anonymous", "private-live", NotFound, "not_found"), ("anonymous", "public-live", Unauthenticated, None),
        ("anonymous", "public-old", Unauthenticated, None), ("lea", "public-old", Denied, "archived"),
        ("operator", "public-old", Denied, "archived"), ("gus", "public-live", Denied, "denied"),
        ("charlie", "private-live", NotFound, "not_found"), ("charlie", "public-live", Denied, "denied"),
    ]  # fmt: skip
    for name, slug, error, code in told:
        with pytest.raises(error) as refused:
            require(getattr(cast, name), Capability.PAGE_EDIT, hubs[slug])
        assert code is None or refused.value.code == code, (name, slug)
        assert getattr(refused.value, "refused", None) is None, "what is no matter of the hub itself is not audited"
    for name, slug in (("lea", "private-live"), ("operator", "private-live"), ("alice", "public-live")):
        require(getattr(cast, name), Capability.PAGE_EDIT, hubs[slug])
    with pytest.raises(Denied) as refused:
        require(cast.lea, Capability.HUB_SETTINGS, hubs["private-live"])
    assert refused.value.refused == (cast.lea, hubs["private-live"], Capability.HUB_SETTINGS)
    with django_assert_num_queries(0):
        capabilities(cast.anonymous, hubs["public-live"])
        capabilities(cast.operator, hubs["public-live"])
