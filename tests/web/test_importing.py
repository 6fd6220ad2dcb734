"""Bringing a file or a repository in the browser: whose it is, how far it is, what came of it."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import PASSWORD

from nexus.exchange import jobs
from nexus.exchange.models import Job
from nexus.pages.models import Change, Version


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch):
    """The test runs what waits."""
    monkeypatch.setattr(jobs, "wake", lambda: None)


def signed_in(cast, name: str) -> Client:
    client = Client()
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


def archive(**files: str) -> SimpleUploadedFile:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/").replace("_md", ".md"), text)
    return SimpleUploadedFile("notes.zip", data.getvalue(), "application/zip")


def body(response, status: int = 200) -> str:
    assert response.status_code == status, response
    return response.content.decode()


def test_mine_comes_first_and_others_are_named_by_mentors(cast, hub):
    shown = body(signed_in(cast, "lea").get("/cohort/import"))
    assert shown.index('value="me" checked') < shown.index('value="git"')
    assert 'value="path"' not in shown
    assert 'value="path"' in body(signed_in(cast, "mona").get("/cohort/import"))
    for name, status in (("gus", 403), ("charlie", 404), ("rita", 404)):
        assert signed_in(cast, name).get("/cohort/import").status_code == status
    assert Client().get("/cohort/import").status_code == 404


def test_a_zip_is_brought_and_told(cast, hub):
    lea = signed_in(cast, "lea")
    made = lea.post("/cohort/import", {"file": archive(a_md="# A\n", b="\0"), "authors": "me", "message": "My notes"})
    waiting = lea.get(made["Location"])
    assert waiting["Refresh"] == "3"
    assert "waits for its turn" in body(waiting)
    assert jobs.run_next()
    done = lea.get(made["Location"])
    assert "Refresh" not in done
    assert "2 files are new" in body(done)
    change = Change.objects.get()
    assert f'href="/cohort/changes/{change.seq}"' in body(done)
    assert (change.author.handle, change.message) == ("lea", "My notes")
    assert "notes.zip" in body(lea.get("/cohort/import"))
    for name in ("mona", "charlie"):
        assert signed_in(cast, name).get(made["Location"]).status_code == 404


def test_folders_name_their_authors(cast, hub):
    mona = signed_in(cast, "mona")
    made = mona.post("/cohort/import", {"file": archive(lea__a_md="# A\n", README_md="# R\n"), "authors": "path"})
    assert jobs.run_next()
    assert "done" in body(mona.get(made["Location"]))
    assert dict(Version.objects.values_list("path", "change__author__handle")) == {
        "lea/a.md": "lea",
        "README.md": "mona",
    }


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "nothing to bring yet"),
        ({"address": "http://example.org/x.git"}, "Only https is fetched"),
        ({"address": "https://example.org/x.git", "authors": "path"}, "Your role in this hub"),
        ({"address": "https://example.org/x.git", "prefix": "a/../b"}, "That cannot be a path"),
        ({"file": "zip", "authors": "git"}, "That has no history"),
        ({"file": "zip", "address": "https://example.org/x.git"}, "Either a file or an address"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form(cast, hub, sent, said):
    if "file" in sent:
        sent = sent | {"file": archive(a_md="# A\n")}
    response = signed_in(cast, "lea").post("/cohort/import", {"authors": "me"} | sent)
    assert response.status_code in (400, 403)
    assert said in response.content.decode()
    assert "</form>" in response.content.decode()
    assert not Job.objects.exists()


def test_it_can_be_cancelled(cast, hub):
    lea = signed_in(cast, "lea")
    made = lea.post("/cohort/import", {"file": archive(a_md="# A\n"), "authors": "me"})["Location"]
    assert signed_in(cast, "leo").post(f"{made}/cancel").status_code == 404
    assert lea.post(f"{made}/cancel")["Location"] == made
    assert "It was cancelled" in body(lea.get(made))
    assert not jobs.run_next()
    assert not Change.objects.exists()


def test_what_was_refused_is_told(cast, hub):
    lea = signed_in(cast, "lea")
    made = lea.post("/cohort/import", {"file": SimpleUploadedFile("x.zip", b"PK no zip"), "authors": "me"})["Location"]
    assert jobs.run_next()
    shown = body(lea.get(made))
    assert "did not work" in shown
    assert "Try again" in shown
