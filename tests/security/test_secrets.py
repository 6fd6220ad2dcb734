"""S32: what is shown once is kept nowhere as it was: not in the database, a log, an answer or the activity."""

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core import mail as django_mail
from django.test import Client
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD

from nexus.accounts.actor import Actor
from nexus.exchange import connecting, jobs, webhooks
from nexus.hubs.models import Activity
from nexus.ops.backup import writing
from nexus.pages import actions

pytestmark = pytest.mark.security


def stored() -> Iterator[str]:
    """Every row of every table."""
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            yield f"{model._meta.label} {row!r}"


def test_secrets_are_shown_once_and_kept_nowhere(cast, hub, api, caplog, capfd) -> None:  # noqa: F811
    alice, nobody, secrets = api("alice"), api(), {}
    with caplog.at_level("DEBUG"):
        secrets["personal token"] = alice.post("me/tokens", {"name": "mine", "scopes": ["read"]})["token"]
        made = alice.post("hubs/cohort/invitations", {"role": "learner", "uses": 3})
        secrets["invitation"] = made["token"]
        hook = alice.post("hubs/cohort/webhooks", {"url": "https://example.org/told"})
        secrets["webhook"] = hook["secret"]
        turned = alice.post(f"hubs/cohort/webhooks/{hook['id']}/rotate-secret", status=200)
        secrets["webhook again"] = turned["secret"]
        secrets |= of_source(cast, alice)
        pair = nobody.post("auth/token", {"username": "alice", "password": PASSWORD}, status=200)
        secrets |= {"access": pair["access"], "refresh": pair["refresh"], "password": PASSWORD}
        pair = nobody.post("auth/token/refresh", {"refresh": pair["refresh"]}, status=200)
        secrets |= {"next access": pair["access"], "next refresh": pair["refresh"]}
        shown = [
            nobody("POST", "auth/token/refresh", {"refresh": secrets["refresh"]}),
            nobody("GET", "me", headers={"Authorization": f"Bearer {secrets['personal token'][:-1]}"}),
            api("charlie")("POST", "invitations/accept", {"token": secrets["invitation"]}),
            api("lea")("POST", "invitations/accept", {"token": secrets["invitation"] + "x"}),
            nobody("POST", "auth/token", {"username": "alice", "password": PASSWORD + "x"}),
            *(alice("GET", at) for at in ("me", "me/tokens", "hubs/cohort/invitations", "hubs/cohort/webhooks",
                                          f"hubs/cohort/webhooks/{hook['id']}", "hubs/cohort/activity",
                                          f"hubs/cohort/webhooks/{hook['id']}/deliveries", "hubs/cohort/source")),
        ]  # fmt: skip
        query = """{ viewer { tokens { id name } } hub(slug: "cohort") { invitations { id email }
          source { address hasSecret } webhooks { id url deliveries { type answer error } } activity { verb data } } }"""
        shown.append(alice.client.post("/graphql", {"query": query}, "application/json", headers=alice.headers))
    outputs = {
        "the database": "\n".join(stored()),
        "the log": caplog.text + "".join(capfd.readouterr()),
        "an answer": "\n".join(answer.content.decode() for answer in shown),
        "the activity": json.dumps(list(Activity.objects.values_list("data", flat=True))),
    }
    leaked = [(name, where) for where, said in outputs.items() for name, secret in secrets.items() if secret in said]
    assert leaked == []
    assert webhooks.webhook_for(cast.alice, "cohort", hook["id"]).seed not in secrets["webhook again"]


def of_source(cast, alice) -> dict[str, str]:
    """The secrets by which a connected source is told of pushes: the first, and the one that took its place."""
    connecting.connect_source(cast.alice, "cohort", "https://notes.example/notes.git")
    told = [alice.post("hubs/cohort/source/rotate-secret", {}, status=200)["secret"] for _ in range(2)]
    assert told[0] != told[1]
    return {"source": told[0], "source again": told[1]}


def by_mail(client: Client) -> dict[str, str]:
    """The ends of the links that came by mail: for a new password, and to confirm an address."""
    client.post("/account/password/reset/", {"email": "alice@example.org"})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"action_add": "", "email": "another@example.org"})
    said = "\n".join(each.body for each in django_mail.outbox)
    (reset,) = re.findall(r"/account/password/reset/key/([^/\s]+)/", said)
    (confirm,) = re.findall(r"/account/confirm-email/([^/\s]+)/", said)
    return {"reset": reset.partition("-")[2], "reset, whole": reset, "confirm": confirm}


def planted(alice, nobody) -> dict[str, str]:
    """Secrets of every kind that is shown once or only typed, each asked for by a call that may be sent again."""
    again = {"Idempotency-Key": "once"}
    asked = {
        "personal token": ("me/tokens", {"name": "mine", "scopes": ["read"]}, "token"),
        "invitation": ("hubs/cohort/invitations", {"role": "learner", "uses": 3}, "token"),
        "webhook": ("hubs/cohort/webhooks", {"url": "https://example.org/told"}, "secret"),
        "share": ("hubs/cohort/shares", {"path": "a.md", "password": "a share's own password"}, "link"),
    }
    told = {}
    for name, (address, body, where) in asked.items():
        made = alice("POST", address, body, headers=again | {"Idempotency-Key": name.replace(" ", "-")})
        assert made.status_code == 201, made.content
        told[name] = made.json()[where].removeprefix("http://testserver/shared/")
    pair = nobody.post("auth/token", {"username": "alice", "password": PASSWORD}, status=200)
    page = nobody.client.get("/account/login/")
    form = {"login": "alice", "password": PASSWORD, "csrfmiddlewaretoken": page.cookies["nexus_csrf"].value}
    assert nobody.client.post("/account/login/", form).status_code == 302
    return told | {
        "access": pair["access"], "refresh": pair["refresh"], "password": PASSWORD,
        "share's password": "a share's own password",
        "session": nobody.client.cookies["nexus_session"].value,
    } | by_mail(nobody.client)  # fmt: skip


def said(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """What a file says: itself, and what is packed in it, however deep."""
    yield name, data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for info in packed.infolist():
                yield from said(f"{name}/{info.filename}", packed.read(info) + info.comment + info.extra)


def taken_along(alice, tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    """Every file by which an instance, a hub or one's own data leaves the server."""
    for kind in jobs.SUFFIXES:
        job = alice.post("hubs/cohort/exports", {"format": kind}, status=202)
        jobs.run_next()
        yield from said(f"export.{kind}", b"".join(alice("GET", f"hubs/cohort/exports/{job['id']}/content")))
    alice.client.login(username="alice", password=PASSWORD)
    yield from said("own data", b"".join(alice.client.post("/account/data")))
    writing.back_up(Actor.operator(), tmp_path / "backup.zip")
    yield from said("backup", (tmp_path / "backup.zip").read_bytes())


def test_no_secret_is_taken_along(cast, hub, api, tmp_path, monkeypatch):  # noqa: F811
    """Exports of each form, one's own data, and all of a backup."""
    monkeypatch.setattr(writing, "_snapshot", contextlib.nullcontext)  # the test is in a transaction already
    actions.create_page(cast.alice, "cohort", "a.md", b"# A page\n\nkanarienvogel\n")
    actions.create_page(cast.alice, "cohort", "x.bin", b"\0kanarienvogel")
    secrets = planted(api("alice"), api()) | of_source(cast, api("alice"))
    assert len(secrets) >= 14
    assert all(len(secret) >= 16 and "://" not in secret for secret in secrets.values())
    files = list(taken_along(api("alice"), tmp_path))
    assert len([name for name, data in files if b"kanarienvogel" in data]) >= 6, "they are looked into"
    assert any(b"alice@example.org" in data for name, data in files if name.startswith("backup/"))
    leaked = [(secret, name) for name, data in files for secret, value in secrets.items() if value.encode() in data]
    assert leaked == []
    kept = {"session"}  # the framework's own, which no file takes along
    rows = "\n".join(stored())
    assert [name for name, secret in secrets.items() if secret in rows and name not in kept] == []


def test_what_is_in_an_address_is_in_no_log(cast, hub, api, caplog, capfd):  # noqa: F811
    """A16: links to shares and invitations, and those that came by mail, opened by a browser, right and wrong."""
    actions.create_page(cast.alice, "cohort", "a.md", b"# A page\n")
    secrets = planted(api("alice"), api())
    links = {
        "share": ("/shared/{}", "/shared/{}/", "/shared/{}/pages/a.md", "/shared/{}/raw/a.md"),
        "invitation": ("/invitations/{}",),
        "reset, whole": ("/account/password/reset/key/{}/",),
        "confirm": ("/account/confirm-email/{}/",),
    }
    with caplog.at_level("DEBUG"):
        for name, addresses in links.items():
            for address in addresses:
                for secret in (secrets[name], secrets[name] + "x"):
                    answer = Client().get(address.format(secret))
                    assert answer["Referrer-Policy"] in {"no-referrer", "same-origin"}, address
                    answer.close()
    said = caplog.text + "".join(capfd.readouterr())
    assert "/shared/…" in said
    assert [name for name in links if secrets[name] in said] == []
