"""What is done to accounts of others leaves a row in the audit, whichever door it comes through."""

import pytest
from tests.conftest import Cast
from typer.testing import CliRunner

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base.errors import Denied
from nexus.hubs import administering
from nexus.hubs.models import AuditEntry
from nexus.ops.cli.commands import tree

pytestmark = pytest.mark.django_db

DEEDS = {
    "deactivate": ("deactivate", "account.deactivated"),
    "activate": ("activate", "account.activated"),
    "administrator": ("administrator", "account.made_administrator"),
    "reset": ("reset-link", "account.reset_link"),
    "quota": ("quota", "quota.changed"),
}


def rows() -> list[tuple[str, str, str, str]]:
    noted = AuditEntry.objects.exclude(verb="account.signed_in").order_by("pk")
    return [(row.verb, row.who, row.door, row.data["user"]) for row in noted]


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_noted_once_by_the_browser_and_by_the_terminal(cast: Cast, client, deed: str) -> None:
    word, verb = DEEDS[deed]
    User.objects.filter(pk=cast.user("alice").pk).update(is_administrator=True)
    cast.user("lea")
    client.force_login(
        User.objects.get(username="alice"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    answer = client.post("/administration", {"user": "lea", "do": deed, "max_hubs": "3"})
    assert answer.status_code in {200, 302}, answer.content
    assert rows() == [(verb, "alice", "web", "lea")]
    done = CliRunner().invoke(tree([]), ["user", word, "lea"])
    assert done.exit_code == 0, done.output
    assert rows()[1:] == [(verb, "operator", "cli", "lea")]


def test_what_only_the_terminal_does_is_noted_too(cast: Cast) -> None:
    lea, operator = cast.user("lea"), Actor.operator(Door.CLI)
    administering.set_password(operator, lea, "correct horse battery staple")
    administering.sign_out_everywhere(operator, lea)
    assert [verb for verb, *_ in rows()] == ["account.password_set", "account.signed_out"]


def test_who_may_not_leaves_no_row(cast: Cast) -> None:
    lea = cast.user("lea")
    for name in ("alice", "charlie"):
        actor = cast.actor(name)
        for deed in (
            lambda actor=actor: administering.set_active(actor, lea, active=False),
            lambda actor=actor: administering.set_administrator(actor, lea, administrator=True),
            lambda actor=actor: administering.set_quota(actor, lea, max_hubs=1),
            lambda actor=actor: administering.reset_key(actor, lea),
            lambda actor=actor: administering.set_password(actor, lea, "correct horse battery staple"),
            lambda actor=actor: administering.sign_out_everywhere(actor, lea),
        ):
            with pytest.raises(Denied):
                deed()
    assert rows() == []
