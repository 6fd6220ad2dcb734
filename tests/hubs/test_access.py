"""The capability table, asked in its two forms: they are equal for every role, visibility, capability and actor."""

import itertools
from dataclasses import replace

import pytest
from tests.conftest import ROLES, make_hub

from nexus.accounts.actor import INCLUDED, Actor, Door, Scope
from nexus.base.errors import Denied, NotFound
from nexus.hubs import actions
from nexus.hubs.access import (
    CAPABILITIES,
    IN_ARCHIVE,
    Capability,
    capabilities,
    hub_for,
    hubs_where,
    is_wider,
    require,
    visible_hubs,
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
    assert not is_wider("everywhere", "private")
