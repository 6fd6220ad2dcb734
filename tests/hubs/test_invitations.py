"""Invitations: a link makes members, never more than was meant, and all that is wrong with one reads alike."""

import datetime
from dataclasses import replace

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from nexus.accounts.actor import Scope
from nexus.accounts.credentials import digest
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound, Throttled, Unauthenticated
from nexus.hubs import actions, invitations, queries
from nexus.hubs.models import Activity, Invitation, Membership


def role_of(cast, hub, name: str) -> str | None:
    return Membership.objects.filter(hub=hub, user=cast.user(name)).values_list("role", flat=True).first()


def log(hub) -> list[tuple[str, dict]]:
    return list(Activity.objects.filter(hub=hub).order_by("seq").values_list("verb", "data"))


def test_an_invitation_makes_one_member_and_says_so(cast, hub):
    made = actions.invite_member(cast.mona, hub.slug, "learner", site="https://nexus.example.org")
    assert made.link == f"https://nexus.example.org/invitations/{made.token}"
    assert made.invitation.hash == digest(made.token)
    member = actions.accept_invitation(cast.charlie, made.token)
    assert (member.hub, member.role) == (hub, "learner")
    assert role_of(cast, hub, "charlie") == "learner"
    told = log(hub)[-2:]
    of = str(made.invitation.pk)
    assert told == [
        ("member.invited", {"invitation": of, "role": "learner", "uses": 1}),
        ("member.added", {"user": "charlie", "role": "learner", "invitation": of}),
    ]
    assert made.token not in repr(list(Activity.objects.values_list("data")))
    with pytest.raises(NotFound):
        actions.accept_invitation(cast.oscar, made.token)


def test_whoever_came_by_it_may_open_it_again_but_not_return_by_it(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner", uses=3)
    actions.accept_invitation(cast.charlie, made.token)
    before = log(hub)
    actions.accept_invitation(cast.charlie, made.token)
    assert log(hub) == before
    actions.remove_member(cast.alice, hub.slug, "charlie")
    with pytest.raises(NotFound):
        actions.accept_invitation(cast.charlie, made.token)
    actions.accept_invitation(cast.oscar, made.token)
    assert Invitation.objects.get().used == 2


@pytest.mark.parametrize(
    ("name", "role"),
    [("mona", "mentor"), ("mona", "owner"), ("lea", "learner"), ("lea", "guest"), ("gus", "guest"), ("adele", "guest")],
)
def test_nobody_invites_higher_than_they_may(cast, hub, name, role):
    """B2: the role ceiling."""
    with pytest.raises((Denied, NotFound)):
        actions.invite_member(getattr(cast, name), hub.slug, role)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", ["guest", "learner", "mentor", "owner"])
def test_owners_invite_to_every_role(cast, hub, role):
    made = actions.invite_member(cast.alice, hub.slug, role)
    actions.accept_invitation(cast.charlie, made.token)
    assert role_of(cast, hub, "charlie") == role


def test_accepting_raises_a_role_and_never_lowers_one(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner", uses=10)
    for name, role in (("gus", "learner"), ("lea", "learner"), ("mona", "mentor"), ("alice", "owner")):
        assert actions.accept_invitation(getattr(cast, name), made.token).role == role
        assert role_of(cast, hub, name) == role
    assert Invitation.objects.get().used == 1  # only Gus had something to gain
    assert log(hub)[-1][0] == "member.changed"


def over(cast, hub) -> dict[str, str]:
    """Secrets that do not hold, each for another reason."""
    spoilt = {"unknown": "nxi_" + "x" * 43, "empty": "", "strange": "\0 ä\ud800"}
    with clock.at(clock.now() - datetime.timedelta(days=2)):
        spoilt["expired"] = actions.invite_member(cast.alice, hub.slug, "learner", days=1).token
    revoked = actions.invite_member(cast.alice, hub.slug, "learner")
    actions.revoke_invitation(cast.alice, hub.slug, revoked.invitation.pk)
    spoilt["revoked"] = revoked.token
    spoilt["used"] = actions.invite_member(cast.alice, hub.slug, "learner").token
    actions.accept_invitation(cast.actor("una"), spoilt["used"])
    spoilt["of one who left"] = actions.invite_member(cast.mona, hub.slug, "learner").token
    actions.remove_member(cast.mona, hub.slug, "mona")
    actions.set_member(cast.alice, hub.slug, cast.user("max").username, "mentor")
    spoilt["of one who is less now"] = actions.invite_member(cast.max, hub.slug, "learner").token
    actions.set_member(cast.alice, hub.slug, "max", "learner")
    actions.set_member(cast.alice, hub.slug, cast.user("olga").username, "owner")
    spoilt["to more than they may now"] = actions.invite_member(cast.olga, hub.slug, "mentor").token
    actions.set_member(cast.alice, hub.slug, "olga", "mentor")
    actions.set_member(cast.alice, hub.slug, cast.user("sam").username, "mentor")
    spoilt["of one who is deactivated"] = actions.invite_member(cast.sam, hub.slug, "learner").token
    user = cast.user("sam")
    user.is_active = False
    user.save()
    return spoilt


def test_whatever_is_wrong_reads_alike(cast, hub):
    for why, token in over(cast, hub).items():
        said = set()
        for ask in (queries.invitation_shown, actions.accept_invitation):
            with pytest.raises(NotFound) as refused:
                ask(cast.charlie, token)
            said.add((str(refused.value), refused.value.code, tuple(refused.value.details)))
        assert said == {(str(NotFound()), "not_found", ())}, why
    assert role_of(cast, hub, "charlie") is None


def test_one_that_is_for_an_address_wants_it_proved(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner", email="Charlie@Example.org")
    with pytest.raises(Denied) as refused:
        actions.accept_invitation(cast.oscar, made.token)
    assert refused.value.code == "other_address"
    assert "charlie" not in str(refused.value)
    claimed = EmailAddress.objects.create(user=cast.user("oscar"), email="charlie@example.org", verified=False)
    with pytest.raises(Denied):
        actions.accept_invitation(cast.oscar, made.token)
    claimed.delete()
    EmailAddress.objects.create(user=cast.user("charlie"), email="charlie@example.org", verified=False)
    with pytest.raises(Denied):
        actions.accept_invitation(cast.charlie, made.token)
    EmailAddress.objects.update(verified=True)
    assert actions.accept_invitation(cast.charlie, made.token).role == "learner"
    assert "charlie@" not in repr(log(hub)).lower()


def test_an_account_that_the_operator_made_has_its_address(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner", email="charlie@example.org")
    assert actions.accept_invitation(cast.charlie, made.token).role == "learner"


@pytest.mark.parametrize(
    "email",
    ["x", "x@evil.com\n@ok.org", '"a@ok.org"@evil', "a@b", "x@example.org, y@example.org", "x" * 243 + "@example.org"],
)
def test_what_is_no_address_is_refused(cast, hub, email):
    """A14."""
    with pytest.raises(Invalid) as refused:
        actions.invite_member(cast.alice, hub.slug, "learner", email=email)
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("field", "terms"),
    [("role", {"role": "king"}), ("uses", {"uses": 0}), ("uses", {"uses": 501}), ("days", {"days": 0}),
     ("days", {"days": 91}), ("uses", {"uses": 2, "email": "a@example.org"})],
)  # fmt: skip
def test_terms_that_cannot_be(cast, hub, field, terms):
    with pytest.raises(Invalid) as refused:
        actions.invite_member(cast.alice, hub.slug, **{"role": "learner"} | terms)
    assert refused.value.field == field


def test_only_so_many_are_open_in_a_hub(cast, hub, monkeypatch):
    monkeypatch.setattr(invitations, "MAX_OPEN", 2)
    first = actions.invite_member(cast.alice, hub.slug, "learner")
    actions.invite_member(cast.mona, hub.slug, "learner")
    with pytest.raises(Conflict) as refused:
        actions.invite_member(cast.mona, hub.slug, "learner")
    assert refused.value.code == "too_many_invitations"
    actions.accept_invitation(cast.charlie, first.token)
    actions.invite_member(cast.mona, hub.slug, "learner")


def test_those_that_ended_long_ago_are_forgotten(cast, hub):
    with clock.at(clock.now() - datetime.timedelta(days=60)):
        actions.invite_member(cast.alice, hub.slug, "learner")
    actions.invite_member(cast.alice, hub.slug, "learner")
    assert Invitation.objects.count() == 1


def test_who_sees_and_revokes_which(cast, hub):
    """A13: a mentor sees no address that another invited."""
    owners, mentors = (actions.invite_member(who, hub.slug, "learner").invitation for who in (cast.alice, cast.mona))
    assert set(queries.invitations(cast.alice, hub.slug)) == {owners, mentors}
    assert list(queries.invitations(cast.mona, hub.slug)) == [mentors]
    for name in ("lea", "gus"):
        with pytest.raises(Denied):
            queries.invitations(getattr(cast, name), hub.slug)
        with pytest.raises(Denied):
            actions.revoke_invitation(getattr(cast, name), hub.slug, mentors.pk)
    with pytest.raises(NotFound):
        queries.invitations(cast.charlie, hub.slug)
    with pytest.raises(NotFound):
        actions.revoke_invitation(cast.mona, hub.slug, owners.pk)
    actions.revoke_invitation(cast.mona, hub.slug, mentors.pk)
    with pytest.raises(NotFound):
        actions.revoke_invitation(cast.mona, hub.slug, mentors.pk)
    assert log(hub)[-1] == ("member.uninvited", {"invitation": str(mentors.pk)})
    assert list(queries.invitations(cast.alice, hub.slug)) == [owners]


def test_an_invitation_of_one_hub_is_revoked_in_no_other(cast, hub):
    """A1."""
    actions.create_hub(cast.charlie, "mine")
    made = actions.invite_member(cast.alice, hub.slug, "learner")
    with pytest.raises(NotFound):
        actions.revoke_invitation(cast.charlie, "mine", made.invitation.pk)


def test_who_accepts_is_somebody_with_their_whole_account(cast, hub):
    made = actions.invite_member(cast.alice, hub.slug, "learner")
    for nobody in (cast.anonymous, cast.operator):
        with pytest.raises(Unauthenticated):
            actions.accept_invitation(nobody, made.token)
    writer = replace(cast.charlie, scopes=frozenset({Scope.READ, Scope.WRITE}))
    for less in (writer, replace(cast.charlie, hub_ids=frozenset({hub.pk}))):
        with pytest.raises(Denied) as refused:
            actions.accept_invitation(less, made.token)
        assert refused.value.code == "insufficient_scope"
    with pytest.raises(Denied):
        actions.invite_member(replace(cast.alice, scopes=writer.scopes), hub.slug, "learner")


def test_it_is_mailed_where_mail_is_set(cast, hub, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        actions.invite_member(cast.alice, hub.slug, "learner", email="new@example.org")
    assert mail.outbox == []
    settings.MAIL_IS_SET = True
    with django_capture_on_commit_callbacks(execute=True):
        made = actions.invite_member(cast.alice, hub.slug, "mentor", email="New@example.org")
    (sent,) = mail.outbox
    assert sent.to == ["new@example.org"]
    assert hub.title in sent.subject
    assert made.link in sent.body
    assert "as mentor" in sent.body


def test_an_account_mails_only_so_many_a_day(cast, hub, settings, monkeypatch):
    settings.MAIL_IS_SET = True
    monkeypatch.setattr(invitations, "MAX_MAILS", 1)
    actions.invite_member(cast.alice, hub.slug, "learner", email="a@example.org")
    with pytest.raises(Throttled):
        actions.invite_member(cast.alice, hub.slug, "learner", email="b@example.org")
    assert actions.invite_member(cast.alice, hub.slug, "learner").token


def test_the_address_that_is_set_stands_in_the_link(cast, hub, settings):
    settings.ADDRESS = "https://nexus.example.org"
    link = actions.invite_member(cast.alice, hub.slug, "learner", site="http://evil.example").link
    assert link.startswith("https://nexus.example.org/invitations/nxi_")
