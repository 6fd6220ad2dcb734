"""What a connection showed, asked again: it holds exactly as long as the same thing would be let in anew."""

import datetime
from importlib import import_module

import pytest
from django.conf import settings as live_settings
from django.test import Client
from tests.conftest import PASSWORD, Cast

from nexus.accounts import actions
from nexus.accounts.actor import Door, Scope
from nexus.accounts.models import User
from nexus.accounts.proofs import NOBODY, Proof, actors, proof_of_bearer, proof_of_session
from nexus.accounts.queries import actor_by_bearer
from nexus.base import clock
from nexus.base.errors import Unauthenticated

DOOR = Door.WEBSOCKET


@pytest.fixture
def lea(cast: Cast) -> User:
    return cast.user("lea")


def session_of(client: Client) -> str:
    client.login(username="lea", password=PASSWORD)
    return client.cookies[live_settings.SESSION_COOKIE_NAME].value


def every(cast: Cast, client: Client) -> dict[str, Proof]:
    """A proof of each kind, of Lea's."""
    personal = actions.create_personal_token(cast.lea, "x", scopes=["read"])[1]
    return {
        "access": proof_of_bearer(actions.sign_in("lea", PASSWORD, address="127.0.0.1").access),
        "personal": proof_of_bearer(personal),
        "session": proof_of_session(session_of(client)),
    }


def test_each_says_who_it_is_as_a_request_would(cast: Cast, client: Client, lea: User) -> None:
    proofs = every(cast, client)
    found = actors(proofs.values(), DOOR)
    assert {proofs[name]: actor.user_id for name, actor in zip(proofs, found.values(), strict=True)} == dict.fromkeys(
        proofs.values(), lea.pk
    )
    assert found[proofs["personal"]].scopes == {Scope.READ}
    access = actions.sign_in("lea", PASSWORD, address="127.0.0.1").access
    assert actors([proof_of_bearer(access)], DOOR)[proof_of_bearer(access)] == actor_by_bearer(access, DOOR)


def test_nobody_is_nobody(db: None) -> None:
    assert not actors([NOBODY], DOOR)[NOBODY].is_signed_in
    assert proof_of_session("") == NOBODY
    assert proof_of_session("no such key") == NOBODY


@pytest.mark.parametrize("what", ["password", "everywhere", "deactivated", "deleted"])
def test_all_end_together(cast: Cast, client: Client, lea: User, what: str) -> None:
    proofs = every(cast, client)
    match what:
        case "password":
            actions.set_password(cast.operator, lea, "another long password")
        case "everywhere":
            actions.sign_out_everywhere(cast.lea)
        case "deactivated":
            actions.set_active(cast.operator, lea, active=False)
        case "deleted":
            lea.person.delete()
            lea.delete()
    assert actors(proofs.values(), DOOR) == {}


def test_each_ends_by_itself(cast: Cast, client: Client, lea: User) -> None:
    proofs = every(cast, client)
    client.logout()
    assert set(actors(proofs.values(), DOOR)) == {proofs["access"], proofs["personal"]}
    actions.revoke_personal_token(cast.lea, proofs["personal"].token)
    assert set(actors(proofs.values(), DOOR)) == {proofs["access"]}


def test_each_ends_with_time(cast: Cast, client: Client, lea: User) -> None:
    proofs = every(cast, client)
    for name, days in (("access", 1), ("session", 20), ("personal", 100)):
        with clock.at(clock.now() + datetime.timedelta(days=days)):
            assert proofs[name] not in actors(proofs.values(), DOOR)
            assert proofs[name].is_over() == (name == "access")
    assert set(actors(proofs.values(), DOOR)) == set(proofs.values())


def test_what_does_not_hold_is_no_proof(cast: Cast, lea: User) -> None:
    for bearer in ("", "x", "nxp_x", "a.b.c"):
        with pytest.raises(Unauthenticated):
            proof_of_bearer(bearer)


def test_a_session_of_a_former_password_is_nobodys(cast: Cast, client: Client, lea: User) -> None:
    key = session_of(client)
    actions.set_password(cast.operator, lea, "another long password")
    assert proof_of_session(key) == NOBODY
    assert not import_module(live_settings.SESSION_ENGINE).SessionStore().exists(key)


def test_many_cost_three_statements(cast: Cast, client: Client, lea: User, django_assert_num_queries) -> None:
    proofs = list(every(cast, client).values())
    for n in range(30):
        name = f"person-{n}"
        cast.user(name)
        proofs.append(proof_of_bearer(actions.sign_in(name, PASSWORD, address="127.0.0.1").access))
    with django_assert_num_queries(3):
        assert len(actors(proofs, DOOR)) == 33


def test_a_secret_is_not_shown(cast: Cast, client: Client, lea: User) -> None:
    for proof in every(cast, client).values():
        assert lea.stamp not in repr(proof)
        assert proof.session not in repr(proof) or not proof.session
