"""Accounts made and changed by those who may."""

import pytest
from tests.conftest import PASSWORD

from nexus.accounts import actions, queries
from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import Person, User
from nexus.base.errors import Conflict, Denied, Invalid, NotFound

OPERATOR = Actor.operator()


def create(**change):
    words = {"username": "nadia", "email": "nadia@Example.org", "password": PASSWORD, "name": "Nadia Benali"} | change
    return actions.create_user(OPERATOR, words["username"], words["email"], words["password"], name=words["name"])


def test_an_account_comes_with_its_person(db):
    user = create()
    assert user.email == "nadia@example.org"
    assert user.check_password(PASSWORD)
    assert (user.person.handle, user.person.name, user.person.email) == ("nadia", "Nadia Benali", "")
    assert str(user) == "nadia"


@pytest.mark.parametrize("name", ["", "Nadia", "a b", "-a", "a-", "a--b", "a" * 40, "ä", "a/b"])
def test_names_that_cannot_be(db, name):
    with pytest.raises(Invalid) as refused:
        create(username=name)
    assert refused.value.field == "username"
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["operator", "root", "me"])
def test_reserved_names(db, name):
    with pytest.raises(Invalid, match="reserved"):
        create(username=name)


@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@example.org", "x@evil.example\n@ok.example.org"])
def test_addresses_that_cannot_be(db, email):
    with pytest.raises(Invalid) as refused:
        create(email=email)
    assert refused.value.field == "email"


@pytest.mark.parametrize("password", ["short", "password123", "nadia@example"])
def test_weak_passwords(db, password):
    with pytest.raises(Invalid) as refused:
        create(password=password)
    assert refused.value.code == "weak_password"
    assert not User.objects.exists()


def test_what_is_taken(db):
    create()
    with pytest.raises(Conflict) as refused:
        create(email="other@example.org")
    assert refused.value.code == "name_taken"
    with pytest.raises(Conflict) as refused:
        create(username="other", email="NADIA@example.org")
    assert refused.value.code == "email_taken"
    Person.objects.create(handle="writer", name="Somebody out of a history")
    with pytest.raises(Conflict):
        create(username="writer", email="writer@example.org")


def test_only_the_operator_and_administrators_manage_accounts(cast):
    for actor in (cast.alice, cast.anonymous):
        with pytest.raises(Denied):
            actions.create_user(actor, "x", "x@example.org", PASSWORD)
        with pytest.raises(Denied):
            actions.set_password(actor, cast.user("lea"), PASSWORD)
        with pytest.raises(Denied):
            queries.users(actor)
    administrator = actions.create_user(OPERATOR, "ines", "ines@example.org", PASSWORD, is_administrator=True)
    assert actions.create_user(Actor.of(administrator, Door.WEB), "x", "x@example.org", PASSWORD).pk


def test_acting_as_somebody(cast):
    assert queries.actor_named(OPERATOR, cast.user("lea").username, Door.CLI).user_id == cast.user("lea").pk
    with pytest.raises(NotFound):
        queries.actor_named(OPERATOR, "nobody", Door.CLI)
    user = cast.user("gus")
    user.is_active = False
    user.save()
    with pytest.raises(Denied):
        queries.actor_named(OPERATOR, "gus", Door.CLI)


def test_the_operator_has_one_person_and_nobody_none(db):
    assert actions.author_for(OPERATOR) == actions.author_for(OPERATOR)
    assert actions.author_for(Actor.anonymous(Door.WEB)) is None
