"""`readers` is `visible_hubs` for many at once."""

import itertools
import uuid

import pytest
from tests.conftest import ROLES, make_hub

from nexus.accounts.actor import Door
from nexus.accounts.proofs import NOBODY, actors
from nexus.hubs import actions
from nexus.hubs.access import visible_hubs
from nexus.hubs.models import Hub, Visibility
from nexus.hubs.queries import readers

EVERYBODY = [*ROLES, "rita", "charlie", "oscar", "anonymous", "operator"]


@pytest.mark.security
def test_readers_are_those_for_whom_the_hub_exists(cast, django_assert_num_queries):
    for visibility, archived in itertools.product(Visibility.values, (False, True)):
        slug = f"{visibility}-{'old' if archived else 'live'}"
        make_hub(cast, slug, visibility)
        if archived:
            actions.archive_hub(cast.alice, slug)
    everybody = {name: getattr(cast, name) for name in EVERYBODY}
    hubs = list(Hub.objects.all())
    with django_assert_num_queries(2):
        found = readers({(hub.pk, actor) for hub in hubs for actor in everybody.values()})
    assert found.sequences == {hub.pk: hub.sequence for hub in hubs}
    for name, actor in everybody.items():
        seen = {hub.pk for hub in visible_hubs(actor)}
        assert {hub for hub, who in found.may_read if who == actor} == seen, name
        is_member = {reader.is_member for (_, who), reader in found.may_read.items() if who == actor}
        assert is_member <= {name in ROLES or name == "operator"}


def test_a_hub_that_is_not_there_has_no_readers(cast):
    nowhere = uuid.uuid4()
    found = readers({(nowhere, cast.operator), (nowhere, actors([NOBODY], Door.WEBSOCKET)[NOBODY])})
    assert (found.may_read, found.sequences) == ({}, {})
