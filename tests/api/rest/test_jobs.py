"""Imports and exports that go on after the answer."""

import io
import uuid
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nexus.base import clock
from nexus.exchange import jobs
from nexus.exchange.models import Job
from nexus.hubs import actions as hubs
from nexus.pages.models import Page


def archive(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zip_:
        for name, text in files.items():
            zip_.writestr(f"{name}.md", text)
    return made.getvalue()


def sent(caller, data: bytes, name="notes.zip", status=202, **more):
    body = {"file": SimpleUploadedFile(name, data)} | more
    answer = caller.client.post("/api/v1/hubs/cohort/imports", body, headers=caller.headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def run() -> None:
    while jobs.run_next():
        pass


def test_an_archive_is_imported_and_the_next_one_is_its_successor(api, hub):
    lea = api("lea")
    first = sent(lea, archive(a="# A", b="# B"), message="hello", prefix="lea")
    assert (first["state"], first["source"]) == ("queued", "notes.zip")
    run()
    told = lea.get(f"hubs/cohort/imports/{first['id']}")
    assert (told["state"], told["done"], told["report"]["files"]["added"]) == ("done", 1.0, 2)
    assert (told["files"], told["bytes"]) == (2, 6)
    assert sorted(Page.objects.values_list("path", flat=True)) == ["lea/a.md", "lea/b.md"]
    second = sent(lea, archive(a="# A2"), prefix="lea")
    run()
    files = lea.get(f"hubs/cohort/imports/{second['id']}")["report"]["files"]
    assert (files["changed"], files["removed"]) == (1, 1), "by its name it is known as the same source"
    assert [job["id"] for job in lea.get("hubs/cohort/imports")["results"]] == [second["id"], first["id"]]
    assert not [path for path in jobs.folder_of(Job.objects.first()).parent.rglob("*") if path.is_file()]


def test_a_page_and_a_broken_archive(api, hub):
    lea = api("lea")
    page, broken = sent(lea, b"# One", "week 1.md"), sent(lea, b"PK nonsense", "x.zip")
    run()
    assert Page.objects.get().path == "week 1.md"
    assert lea.get(f"hubs/cohort/imports/{page['id']}")["state"] == "done"
    failed = lea.get(f"hubs/cohort/imports/{broken['id']}")
    assert (failed["state"], failed["error"]["code"]) == ("failed", "bad_archive")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/../../x.md", "x\\..\\y.zip", "\u202egnp.md", "x" * 300 + ".zip"]
)
@pytest.mark.security
def test_a_name_is_no_path(api, hub, name):
    made = sent(api("lea"), b"# x", name)
    run()
    outside = list(jobs.folder_of(Job.objects.get(pk=made["id"])).parent.parent.rglob("passwd*"))
    assert outside == []


def test_addresses_are_looked_at_before_anything_is_stored(api, hub):
    lea = api("lea")
    for address in ("http://example.org/x", "file:///etc", "https://user:secret@example.org/x", "ext::sh", "/etc", "x"):
        told = lea("POST", "hubs/cohort/imports", {"address": address}).json()
        assert (told["status"], told["code"]) == (400, "bad_address"), told
        assert "secret" not in str(told)
    lea.refused(400, "invalid", "POST", "hubs/cohort/imports", {})
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", ["zip", "json", "git"])
def test_an_export_is_fetched_while_one_may_read(api, cast, hub, kind):
    alice, gus = api("alice"), api("gus")
    api("lea").post("hubs/cohort/pages", {"path": "a/b.md", "text": "\ufeff# B\r\n"})
    job = gus.post("hubs/cohort/exports", {"format": kind}, status=202)
    content = f"hubs/cohort/exports/{job['id']}/content"
    gus.refused(409, "not_done", "GET", content)
    run()
    answer = gus("GET", content)
    data = b"".join(answer.streaming_content)
    assert f"cohort.{kind}" in answer["Content-Disposition"]
    if kind == "zip":
        assert zipfile.ZipFile(io.BytesIO(data)).read("a/b.md") == "\ufeff# B\r\n".encode()
    for other in (alice, api("charlie"), api()):
        other.refused(404, "not_found", "GET", content)
    hubs.remove_member(cast.alice, "cohort", "gus")
    gus.refused(404, "not_found", "GET", content)


def test_a_job_is_cancelled(api, hub):
    lea = api("lea")
    job = sent(lea, archive(a="# A"))
    assert lea("DELETE", f"hubs/cohort/imports/{job['id']}").json()["state"] == "cancelled"
    run()
    assert not Page.objects.exists()
    running = sent(lea, archive(a="# A"))
    Job.objects.filter(pk=running["id"]).update(
        state="running", seen_at=clock.now() - jobs.SILENT * 2, is_cancelled=True
    )
    run()
    assert lea.get(f"hubs/cohort/imports/{running['id']}")["state"] == "cancelled"
    assert not Page.objects.exists()


def test_whose_runner_died_is_begun_again(api, hub):
    """R2: what a killed process left behind is taken up by the next."""
    lea = api("lea")
    job = sent(lea, archive(a="# A"))
    Job.objects.update(state="running", seen_at=clock.now())
    assert not jobs.run_next(), "it speaks"
    Job.objects.update(seen_at=clock.now() - jobs.SILENT * 2)
    assert jobs.run_next()
    assert lea.get(f"hubs/cohort/imports/{job['id']}")["state"] == "done"


def test_who_may_and_how_many(api, hub):
    api("gus").refused(403, "denied", "POST", "hubs/cohort/imports", {"address": "https://example.org/x.git"})
    lea = api("lea")
    for n in range(jobs.MAX_WAITING):
        sent(lea, archive(a=f"{n}"))
    lea.refused(413, "too_many_jobs", "POST", "hubs/cohort/exports", {})
    lea.refused(404, "not_found", "GET", f"hubs/cohort/imports/{uuid.uuid4()}")
    run()
    Job.objects.update(ended_at=clock.now() - jobs.KEPT * 2)
    lea.post("hubs/cohort/exports", {}, status=202)
    assert Job.objects.count() == 1, "what is over for a day is forgotten"


def test_rights_are_asked_for_again_when_it_runs(api, cast, hub):
    lea = api("lea")
    job = sent(lea, archive(a="# A"))
    hubs.set_member(cast.alice, "cohort", "lea", "guest")
    run()
    assert lea.get(f"hubs/cohort/imports/{job['id']}")["error"]["code"] == "denied"
    assert not Page.objects.exists()
