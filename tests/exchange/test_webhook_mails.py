"""Owners are mailed when a webhook of theirs was switched off, and only then."""

import smtplib

import pytest
from django.core import mail
from tests.exchange.test_webhooks import hook, hub, later, now, receiver, sender, write  # noqa: F401  fixtures

from nexus.accounts import actions as accounts
from nexus.exchange import mails, webhooks
from nexus.hubs import actions as hubs

# ruff: noqa: F811


@pytest.fixture
def off(cast, hub, hook, receiver, sender, django_capture_on_commit_callbacks):
    """Has its receiver fail for so long that it is switched off."""

    def fail() -> None:
        receiver.answers = [500] * 5
        write(cast.lea, "a.md")
        sender.drain()
        with later(days=6), django_capture_on_commit_callbacks(execute=True):
            sender.drain()
        assert now(hook).off_why == "failing"

    return fail


def test_every_owner_that_can_be_reached_is_told_once(cast, hub, hook, off, settings):
    settings.MAIL_IS_SET, settings.ADDRESS = True, "https://nexus.example.org"
    for name in ("mona", "oscar"):
        hubs.set_member(cast.alice, hub.slug, cast.user(name).username, "owner")
    accounts.set_active(cast.operator, cast.user("oscar"), active=False)
    off()
    assert sorted(each.to[0] for each in mail.outbox) == ["alice@example.org", "mona@example.org"]
    for each in mail.outbox:
        assert len(each.to) == 1, "nobody is told who the others are"
        assert hub.title in each.subject
        assert hook.url in each.body
        assert f"https://nexus.example.org/{hub.slug}/webhooks/{hook.pk}" in each.body
    mail.outbox.clear()


def test_nobody_is_told_without_mail_or_of_what_they_did_themselves(cast, hub, hook, off, settings,
                                                                    django_capture_on_commit_callbacks):  # fmt: skip
    settings.MAIL_IS_SET = False
    off()
    settings.MAIL_IS_SET = True
    with django_capture_on_commit_callbacks(execute=True):
        webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=True)
        webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=False)
    assert mail.outbox == []


def test_one_mail_that_fails_holds_up_no_other(cast, hub, hook, off, settings, monkeypatch, caplog):
    settings.MAIL_IS_SET = True
    hubs.set_member(cast.alice, hub.slug, cast.user("mona").username, "owner")
    sent, told = mails.send_mail, []

    def refuses_the_first(*said: object) -> int:
        told.append(said[3])
        if len(told) == 1:
            raise smtplib.SMTPServerDisconnected("away")
        return sent(*said)

    monkeypatch.setattr(mails, "send_mail", refuses_the_first)
    off()
    assert told == [["alice@example.org"], ["mona@example.org"]]
    assert [each.to for each in mail.outbox] == [["mona@example.org"]]
    assert "was not sent" in caplog.text
