"""Continuing as somebody of the sample: what is allowed at this machine, and that nothing is there for anybody else."""

import re

import pytest
from django.test import Client
from tests.conftest import PASSWORD

from nexus.accounts import actions
from nexus.accounts.actor import Actor
from nexus.accounts.models import User
from nexus.base.errors import Denied

ADDRESS = "/account/continue-as/"
#: What `nexus serve` puts into the environment of a request from this machine (tests/ops/test_local.py).
LOCAL = {"nexus.is_local": True}


@pytest.fixture
def amina(db) -> User:
    return actions.create_user(
        Actor.operator(), "amina", "amina@example.org", PASSWORD, name="Amina Wanjala", is_sample=True
    )


@pytest.fixture
def strict() -> Client:
    """A client whose forms are checked as a browser's are."""
    return Client(enforce_csrf_checks=True)


def test_at_this_machine_one_continues_with_a_button(strict, amina):
    page = strict.get("/account/login/", **LOCAL)
    assert "Continue as Amina Wanjala" in page.content.decode()
    token = strict.cookies["nexus_csrf"].value
    response = strict.post(ADDRESS, {"username": "amina", "csrfmiddlewaretoken": token}, **LOCAL)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert strict.get("/").context["user"] == amina


def test_without_its_token_the_form_is_refused(strict, amina):
    assert strict.post(ADDRESS, {"username": "amina"}, **LOCAL).status_code == 403
    assert "nexus_session" not in strict.cookies


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/prodev-7/", "/prodev-7/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_it_leads_back_and_never_elsewhere(client, amina, wanted, target):
    assert client.post(ADDRESS, {"username": "amina", "next": wanted}, **LOCAL)["Location"] == target


def answer(response) -> tuple[object, ...]:
    """All of an answer but what is drawn for each."""
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    content = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    return response.status_code, headers, content, sorted(response.cookies)


@pytest.mark.security
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("environ", [{}, {"nexus.is_local": False}, {"nexus.is_local": "True"}, {"nexus.is_local": 1}])
def test_from_elsewhere_the_address_is_absent(strict, amina, method, environ):
    """With and without a session: the same bytes as where nothing ever was, also for a form without its token."""
    for _ in range(2):
        here = getattr(strict, method)(ADDRESS, {"username": "amina"}, **environ)
        nowhere = getattr(strict, method)("/account/nowhere/", {"username": "amina"}, **environ)
        assert here.status_code == 404
        assert answer(here) == answer(nowhere)
        strict.force_login(amina, backend="allauth.account.auth_backends.AuthenticationBackend")


@pytest.mark.security
@pytest.mark.parametrize("header", ["nexus.is_local", "Nexus.Is_Local", "nexus-is-local", "HTTP_nexus.is_local"])
def test_no_header_says_that_a_request_is_local(client, amina, header):
    assert client.post(ADDRESS, {"username": "amina"}, headers={header: "True"}).status_code == 404


@pytest.mark.security
@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_only_a_form_continues(client, amina, method):
    assert getattr(client, method)(f"{ADDRESS}?username=amina", **LOCAL).status_code == 404
    assert "nexus_session" not in client.cookies


@pytest.mark.security
@pytest.mark.parametrize("name", ["lea", "root", "", "AMINA", "amina ", "amina\0", "a" * 5000, "amina' or '1'='1"])
def test_nobody_but_the_people_of_the_sample(client, cast, amina, name):
    cast.user("lea")
    assert client.post(ADDRESS, {"username": name}, **LOCAL).status_code == 404
    assert client.post(ADDRESS, {}, **LOCAL).status_code == 404
    assert "nexus_session" not in client.cookies


@pytest.mark.security
def test_a_deactivated_one_has_no_button_and_no_way_in(client, amina):
    amina.is_active = False
    amina.save()
    assert client.post(ADDRESS, {"username": "amina"}, **LOCAL).status_code == 404
    assert "Continue as" not in client.get("/account/login/", **LOCAL).content.decode()


@pytest.mark.security
def test_buttons_are_shown_at_this_machine_only(client, cast, amina, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert "Continue as" not in client.get("/account/login/").content.decode()
    with django_assert_num_queries(1):
        assert "Continue as" in client.get("/account/login/", **LOCAL).content.decode()


def test_without_a_sample_there_is_nothing_to_continue_as(client, cast):
    cast.user("lea")
    assert "Continue as" not in client.get("/account/login/", **LOCAL).content.decode()


@pytest.mark.security
def test_only_the_operator_makes_sample_people_and_none_is_an_administrator(cast):
    admin = cast.user("adele")
    admin.is_administrator = True
    admin.save()
    for actor, more in ((cast.actor("adele"), {}), (Actor.operator(), {"is_administrator": True})):
        with pytest.raises(Denied):
            actions.create_user(actor, "eve", "eve@example.org", PASSWORD, is_sample=True, **more)
    assert not User.objects.filter(username="eve").exists()
