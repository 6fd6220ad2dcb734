"""Pages, texts, versions, files and changes by REST."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from nexus.hubs.models import Activity
from nexus.pages.models import Change

TEXT = "\ufeff# Week 1\r\n\r\nDocker, at last.  \n"


@pytest.fixture
def page(api, hub):
    return api("lea").post(f"hubs/{hub.slug}/pages", {"path": "lea/week-1.md", "text": TEXT, "message": "first"})


def test_a_page_is_made_and_read_byte_for_byte(api, hub, page):
    lea = api("lea")
    assert (page["path"], page["title"], page["kind"], page["number"]) == ("lea/week-1.md", "Week 1", "page", 1)
    assert page["author"] == {"handle": "lea", "name": "Lea"}
    answer = lea("GET", f"hubs/cohort/pages/{page['id']}/text", headers={"Accept": "text/html"})
    assert answer.content == TEXT.encode()
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["ETag"] == f'"{page["version"]}"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert lea.get("hubs/cohort/pages")["results"] == [page]
    assert lea.get(f"hubs/cohort/pages/{page['id']}") == page
    made = lea("POST", "hubs/cohort/pages", {"path": "x.md", "text": ""})
    assert made["Location"] == f"/api/v1/hubs/cohort/pages/{made.json()['id']}"


@pytest.mark.parametrize("tag", ['"{}"', 'W/"{}"', '"{}-gzip"', 'W/"{}-br"', '"x", "{}"'])
def test_what_was_read_is_not_sent_again(api, page, tag):
    known = {"If-None-Match": tag.format(page["version"])}
    for address in ("", "/text"):
        answer = api("lea")("GET", f"hubs/cohort/pages/{page['id']}{address}", headers=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == f'"{page["version"]}"'


def test_a_text_is_put_with_its_version(api, page):
    lea, address = api("lea"), f"hubs/cohort/pages/{page['id']}/text"
    lea.refused(428, "precondition_required", "PUT", address, b"# New")
    lea.refused(400, "invalid", "PUT", address, b"# New", headers={"If-Match": "*"})
    lea.refused(400, "invalid", "PUT", address, b"# New", headers={"If-Match": '"x"'})
    answer = lea("PUT", address, b"# New", headers={"If-Match": f'W/"{page["version"]}-gzip"'}, message="better")
    changed = answer.json()
    assert (answer.status_code, changed["title"], changed["number"]) == (200, "New", 2)
    assert answer["ETag"] == f'"{changed["version"]}"'
    assert Change.objects.get(seq=changed["change"]).message == "better"
    stale = lea.refused(412, "stale_version", "PUT", address, b"# Else", headers={"If-Match": f'"{page["version"]}"'})
    assert (stale["current"], stale["base"]) == (changed["version"], page["version"])
    assert lea("GET", address).content == b"# New"


def test_a_clean_merge_is_made_only_when_asked_for(api, page):
    lea, address, match = api("lea"), f"hubs/cohort/pages/{page['id']}/text", {"If-Match": f'"{page["version"]}"'}
    lea("PUT", address, TEXT.encode() + b"\nmore\n", headers=match)
    other = TEXT.encode().replace(b"Week 1", b"Week one")
    lea.refused(412, "stale_version", "PUT", address, other, headers=match)
    merged = lea("PUT", address, other, headers=match, merge="true")
    assert merged.status_code == 200, merged.content
    assert lea("GET", address).content == other + b"\nmore\n"
    clash = TEXT.encode().replace(b"Week 1", b"Week uno")
    lea.refused(409, "merge_conflict", "PUT", address, clash, headers=match, merge="true")


def test_moving_deleting_and_restoring(api, page):
    lea, mona, address = api("lea"), api("mona"), f"hubs/cohort/pages/{page['id']}"
    match = {"If-Match": f'"{page["version"]}"'}
    lea.refused(428, "precondition_required", "PATCH", address, {"path": "w.md"})
    moved = lea("PATCH", address, {"path": "lea/w.md"}, headers=match).json()
    assert (moved["path"], moved["id"]) == ("lea/w.md", page["id"])
    lea.refused(412, "stale_version", "PATCH", address, {"path": "y.md"}, headers=match)
    lea.refused(412, "stale_version", "DELETE", address, headers=match)
    api("gus").refused(403, "denied", "DELETE", address, headers=match)  # whatever they read
    lea.refused(428, "precondition_required", "DELETE", address)
    assert lea("DELETE", address, headers={"If-Match": f'"{moved["version"]}"'}).status_code == 204
    assert lea.get("hubs/cohort/pages")["results"] == []
    assert lea.get(address)["is_deleted"] is True
    assert lea("GET", f"{address}/text").status_code == 404
    lea.refused(403, "denied", "POST", f"{address}/restore", {})
    back = mona.post(f"{address}/restore", {}, status=200)
    assert (back["path"], back["is_deleted"]) == ("lea/w.md", False)
    assert mona.post(f"{address}/restore", {"number": 1}, status=200)["path"] == "lea/w.md"
    mona.refused(400, "unknown_version", "POST", f"{address}/restore", {"number": 99})
    mona.refused(404, "not_found", "POST", f"hubs/cohort/pages/{uuid.uuid4()}/restore", {})


def test_versions_by_page(api, page):
    lea, address = api("lea"), f"hubs/cohort/pages/{page['id']}"
    for n in range(3):
        version = lea.get(address)["version"]
        lea("PUT", f"{address}/text", f"text {n}".encode(), headers={"If-Match": f'"{version}"'})
    first = lea.get(f"{address}/versions", limit=2)
    rest = lea.get(f"{address}/versions", limit=2, cursor=first["next"])
    assert [v["number"] for v in first["results"] + rest["results"]] == [4, 3, 2, 1]
    assert rest["next"] is None
    assert lea.get(f"{address}/versions/1")["change"]["message"] == "first"
    assert lea("GET", f"{address}/versions/1/text").content == TEXT.encode()
    lea.refused(404, "not_found", "GET", f"{address}/versions/9")


def test_pages_are_found_by_path_folder_and_kind(api, hub, page):
    lea = api("lea")
    for path in ("lea/a.md", "leander/b.md", "LEA/c.md", "lea/deep/d.md"):
        lea.post("hubs/cohort/pages", {"path": path, "text": path})
    paths = lambda **asked: sorted(p["path"] for p in lea.get("hubs/cohort/pages", **asked)["results"])  # noqa: E731
    assert paths(prefix="lea") == paths(prefix="lea/") == ["lea/a.md", "lea/deep/d.md", "lea/week-1.md"]
    assert paths(path="lea/a.md") == ["lea/a.md"]
    assert paths(path="lea") == paths(kind="file") == []
    lea.refused(400, "invalid", "GET", "hubs/cohort/pages", kind="x")


def test_files_come_and_go(api, hub):
    lea = api("lea")
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100
    answer = lea.client.post(
        "/api/v1/hubs/cohort/attachments",
        {"path": "a/b.png", "file": SimpleUploadedFile("x.png", data)},
        headers=lea.headers,
    )
    made = answer.json()
    assert (answer.status_code, made["kind"], made["size"]) == (201, "file", len(data))
    address = f"hubs/cohort/attachments/{made['id']}"
    got = lea("GET", f"{address}/content")
    assert b"".join(got.streaming_content) == data
    assert (got["Content-Type"], got["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="b.png"',
    )
    assert lea.get("hubs/cohort/attachments")["results"] == [made]
    assert lea.get("hubs/cohort/pages")["results"] == []
    assert lea("DELETE", address, headers={"If-Match": f'"{made["version"]}"'}).status_code == 204
    lea.refused(404, "not_found", "GET", f"{address}/content")
    lea.refused(415, "unsupported_media_type", "POST", "hubs/cohort/attachments", {"path": "x"})


def test_more_files_than_a_body_may_hold(api, hub):
    """Red once: Django's refusal of them was taken for a defect."""
    lea = api("lea")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n'
    told = lea.client.generic(
        "POST", "/api/v1/hubs/cohort/attachments", part * 200, "multipart/form-data; boundary=b", headers=lea.headers
    )
    assert (told.status_code, told.json()["code"]) == (400, "malformed")


def test_several_things_at_once_or_not_at_all(api, hub, page):
    lea = api("lea")
    steps = [
        {"verb": "create", "path": "a.md", "text": "a"},
        {"verb": "edit", "path": "lea/week-1.md", "text": "b", "base": page["version"]},
    ]
    made = lea.post("hubs/cohort/changes", {"message": "both", "steps": steps})
    assert (made["message"], len(made["versions"])) == ("both", 2)
    assert lea.get(f"hubs/cohort/changes/{made['seq']}") == made
    stale = lea.refused(
        409,
        "stale_version",
        "POST",
        "hubs/cohort/changes",
        {"steps": [*steps[1:], {"verb": "create", "path": "z.md", "text": ""}]},
    )
    assert stale["current"]
    assert lea.get("hubs/cohort/pages", path="z.md")["results"] == []
    for wrong, field in [
        ([{"verb": "create", "path": "q.md"}], "steps.0.text"),
        ([{"verb": "move", "path": "a.md"}], "steps.0.target"),
        ([{"verb": "edit", "path": "a.md", "text": "x"}], "steps.0.base"),
        ([{"verb": "delete", "path": "a.md", "text": "x"}], "steps.0.text"),
        ([{"verb": "fly", "path": "a.md"}], "steps.0.verb"),
        ([{"verb": "delete", "path": "a.md"}] * 2, "steps.1"),
        ([{"verb": "delete", "path": "no.md"}], "steps.0"),
        ([], "steps"),
    ]:
        told = lea("POST", "hubs/cohort/changes", {"steps": wrong}).json()
        assert (told["status"], told["field"]) == (400, field), told
    swapped = [
        {"verb": "move", "path": "a.md", "target": "lea/week-1.md"},
        {"verb": "move", "path": "lea/week-1.md", "target": "a.md"},
    ]
    assert len(lea.post("hubs/cohort/changes", {"steps": swapped})["versions"]) == 2
    gus = api("gus")
    gus.refused(403, "denied", "POST", "hubs/cohort/changes", {"steps": steps[:1]})


def test_changes_are_listed_and_taken_back(api, hub, page):
    lea, leo, mona = api("lea"), api("leo"), api("mona")
    leo.refused(403, "denied", "POST", f"hubs/cohort/changes/{page['change']}/revert", {})
    done = mona.post(f"hubs/cohort/changes/{page['change']}/revert", {"message": "no"})
    assert (done["kind"], done["reverts"], done["message"]) == ("revert", page["change"], "no")
    assert mona("POST", f"hubs/cohort/changes/{page['change']}/revert", {}).status_code == 204, "nothing of it is left"
    assert [c["seq"] for c in lea.get("hubs/cohort/changes")["results"]] == [done["seq"], page["change"]]
    assert [c["seq"] for c in lea.get("hubs/cohort/changes", author="lea")["results"]] == [page["change"]]
    lea.refused(404, "not_found", "GET", "hubs/cohort/changes/999")


@pytest.mark.parametrize("items", [1, 30])
def test_lists_cost_the_same(api, hub, django_assert_num_queries, items):
    lea = api("lea")
    for n in range(items):
        lea.post("hubs/cohort/pages", {"path": f"p{n}.md", "text": f"# {n}\n\n## Technologies\n\n- Docker\n"})
    page = lea.get("hubs/cohort/pages")["results"][0]
    # Each: who asks, and the list; lists in a hub also find the hub. Versions find their page, too.
    for address, statements in {
        "hubs": 2, "hubs/cohort": 3, "hubs/cohort/pages": 3, f"hubs/cohort/pages/{page['id']}": 2,
        f"hubs/cohort/pages/{page['id']}/text": 3, f"hubs/cohort/pages/{page['id']}/versions": 3, "hubs/cohort/changes": 3,
        f"hubs/cohort/changes/{page['change']}": 3, "hubs/cohort/attachments": 3, "hubs/cohort/people": 3,
        "hubs/cohort/members": 4, "hubs/cohort/topics": 3, "me/tokens": 2, "me": 2,
    }.items():  # fmt: skip
        with django_assert_num_queries(statements):
            assert lea("GET", address).status_code == 200


def test_every_write_leaves_one_activity_by_this_door(api, hub, page):
    assert Activity.objects.filter(hub=hub, verb="change.edit", door="rest").count() == 1


def test_what_stands_in_the_way(api, hub, page):
    lea = api("lea")
    lea.refused(409, "path_taken", "POST", "hubs/cohort/pages", {"path": "lea/week-1.md", "text": "x"})
    told = lea.refused(400, "invalid_path", "POST", "hubs/cohort/pages", {"path": "../x.md", "text": "x"})
    assert told["field"] == "path"
    lea.refused(413, "text_too_large", "POST", "hubs/cohort/pages", {"path": "big.md", "text": "x" * 2_000_001})
    text = f"hubs/cohort/pages/{page['id']}/text"
    for body, code, status in [
        (b"\xff", "invalid_text", 400),
        (b"a\0", "invalid_text", 400),
        (b"x" * 2_000_001, "text_too_large", 413),
    ]:
        lea.refused(status, code, "PUT", text, body, headers={"If-Match": f'"{page["version"]}"'})
