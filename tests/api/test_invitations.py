"""Invitations through REST, GraphQL and the terminal: the same rows, the same log, the same codes."""

import json

import pytest
from tests.api.graphql.conftest import ask, post  # noqa: F401  fixtures
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from typer.testing import CliRunner

from nexus.hubs.models import Activity, Invitation, Membership
from nexus.ops.cli.commands import tree

INVITE = """mutation ($role: Role!, $email: String!) { inviteMember(hub: "cohort", role: $role, email: $email) {
  object { id role uses used email hub { slug } } token link errors { code field } } }"""
ACCEPT = "mutation ($token: String!) { acceptInvitation(token: $token) { object { user role } errors { code } } }"
LISTED = '{ hub(slug: "cohort") { invitations(first: 10) { id email } } }'


def role_of(name: str) -> str | None:
    return Membership.objects.filter(user__username=name).values_list("role", flat=True).first()


def newest(hub) -> Activity:
    return Activity.objects.filter(hub=hub).latest("seq")


def test_over_rest(api, cast, hub):  # noqa: F811
    mona = api("mona")
    answer = mona("POST", "hubs/cohort/invitations", {"role": "learner", "uses": 2, "days": 3})
    made = answer.json()
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert answer["Location"] == f"/api/v1/hubs/cohort/invitations/{made['invitation']['id']}"
    assert made["link"] == f"http://testserver/invitations/{made['token']}"
    (listed,) = mona.get("hubs/cohort/invitations")["results"]
    assert listed == made["invitation"]
    assert (listed["inviter"], listed["uses"], listed["used"]) == ("mona", 2, 0)
    joined = api("charlie").post("invitations/accept", {"token": made["token"]}, status=200)
    assert (joined["username"], joined["role"], joined["hub"]["slug"]) == ("charlie", "learner", "cohort")
    assert (newest(hub).verb, newest(hub).door) == ("member.added", "rest")
    assert mona("DELETE", f"hubs/cohort/invitations/{listed['id']}").status_code == 204
    api("oscar").refused(404, "not_found", "POST", "invitations/accept", {"token": made["token"]})


def test_what_rest_refuses(api, cast, hub):  # noqa: F811
    mona, address = api("mona"), "hubs/cohort/invitations"
    mona.refused(403, "denied", "POST", address, {"role": "owner"})
    mona.refused(400, "invalid", "POST", address, {"role": "king"})
    mona.refused(400, "invalid", "POST", address, {"role": "learner", "email": "x"})
    mona.refused(400, "unknown_field", "POST", address, {"role": "learner", "hub": "open"})
    api("lea").refused(403, "denied", "POST", address, {"role": "guest"})
    api("lea").refused(403, "denied", "GET", address)
    api("charlie").refused(404, "not_found", "GET", address)
    api().refused(401, "sign_in_required", "POST", "invitations/accept", {"token": "nxi_x"})
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("items", [1, 30])
def test_a_list_costs_the_same(api, cast, hub, django_assert_num_queries, items):  # noqa: F811
    alice = api("alice")
    for _ in range(items):
        alice.post("hubs/cohort/invitations", {"role": "learner"})
    with django_assert_num_queries(3):  # the token's owner, the hub and what they are there, the invitations
        assert len(alice.get("hubs/cohort/invitations")["results"]) == items


def test_over_graphql(ask, cast, hub):  # noqa: F811
    told = ask(INVITE, "alice", role="MENTOR", email="")["inviteMember"]
    assert told["errors"] == []
    assert told["link"] == f"http://testserver/invitations/{told['token']}"
    assert told["object"]["hub"] == {"slug": "cohort"}
    assert [each["id"] for each in ask(LISTED, "alice")["hub"]["invitations"]] == [told["object"]["id"]]
    assert ask(LISTED, "mona")["hub"]["invitations"] == ask(LISTED, "lea")["hub"]["invitations"] == []
    accepted = ask(ACCEPT, "charlie", token=told["token"])["acceptInvitation"]
    assert accepted["object"] == {"user": "charlie", "role": "MENTOR"}
    assert ask(ACCEPT, "oscar", token=told["token"])["acceptInvitation"]["errors"] == [{"code": "not_found"}]
    assert (newest(hub).verb, newest(hub).door) == ("member.added", "graphql")
    assert ask(INVITE, "mona", role="OWNER", email="")["inviteMember"]["errors"] == [{"code": "denied", "field": None}]
    (wrong,) = ask(INVITE, "mona", role="LEARNER", email="x")["inviteMember"]["errors"]
    assert wrong == {"code": "invalid", "field": "email"}
    made = ask(INVITE, "mona", role="LEARNER", email="a@example.org")["inviteMember"]["object"]
    revoke = (
        f'mutation {{ revokeInvitation(hub: "cohort", id: "{made["id"]}") {{ object {{ email }} errors {{ code }} }} }}'
    )
    assert ask(revoke, "mona")["revokeInvitation"] == {"object": {"email": "a@example.org"}, "errors": []}
    assert ask(revoke, "mona")["revokeInvitation"]["errors"] == [{"code": "not_found"}]


def test_over_the_terminal(api, cast, hub, settings):  # noqa: F811
    settings.ADDRESS = "https://nexus.example.org"
    run, app = CliRunner(), tree([])
    made = run.invoke(app, ["hub", "invite", "cohort", "--role", "owner", "--json"])
    link = json.loads(made.stdout)["link"]
    assert link.startswith("https://nexus.example.org/invitations/nxi_")
    listed = run.invoke(app, ["hub", "invitations", "cohort", "--json"])
    (one,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (one["role"], one["inviter"]) == ("owner", None)
    assert "nxi_" not in listed.stdout
    api("charlie").post("invitations/accept", {"token": link.rpartition("/")[2]}, status=200)
    assert role_of("charlie") == "owner"  # the operator's invitations hold
    assert run.invoke(app, ["hub", "invite", "cohort", "--role", "owner", "--as", "mona"]).exit_code == 1
    plain = run.invoke(app, ["hub", "invite", "cohort", "--as", "mona", "--uses", "3"])
    assert plain.stdout.strip().startswith("https://nexus.example.org/invitations/nxi_")
    (left,) = Invitation.objects.filter(inviter=cast.user("mona"))
    assert run.invoke(app, ["hub", "uninvite", "cohort", str(left.pk), "--as", "lea"]).exit_code == 1
    assert run.invoke(app, ["hub", "uninvite", "cohort", str(left.pk), "--as", "mona"]).exit_code == 0
    assert run.invoke(app, ["hub", "uninvite", "cohort", str(left.pk)]).exit_code == 1
