"""History in the browser: what was done, what differs, who wrote what, what was deleted, and the ways back."""

import re
import uuid

import pytest
from django.test import Client
from tests.conftest import PASSWORD, make_hub

from nexus.base.ids import content_hash, text_key
from nexus.pages import actions
from nexus.pages.models import Blob, Change, Page, Version

ONE = b"# Notes\n\nThe slow query took 3 s.\n\nLast line.\n"
TWO = b"# Notes\n\nThe quick query took 3 s.\n\nLast line.\n\nMore.\n"


def body(response, status: int = 200) -> str:
    assert response.status_code == status, response
    return response.content.decode()


def signed_in(cast, name: str) -> Client:
    client = Client()
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


@pytest.fixture
def place(cast):
    hub = make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "notes/a.md", ONE, message="First words")
    head = Page.objects.get(hub=hub).head_id
    actions.edit_page(cast.leo, "open", "notes/a.md", TWO, base=head, message="An index helped")
    actions.move_page(cast.mona, "open", "notes/a.md", "log/b.md")
    return hub


def versions(path_key: str = "log/b.md") -> dict[int, Version]:
    page = Version.objects.filter(path_key=text_key(path_key)).latest("change__seq").page
    return {version.number: version for version in Version.objects.filter(page=page).select_related("change")}


# --- Reading --------------------------------------------------------------------------------------------------------


def test_a_page_leads_to_its_history_and_its_last_change(place, client):
    shown = body(client.get("/open/pages/log/b.md"))
    last = versions()[3].change.seq
    for address in ("/open/history/log/b.md", "/open/blame/log/b.md", f"/open/changes/{last}"):
        assert f'href="{address}"' in shown


def test_history_goes_across_moves_and_names_what_happened(place, client):
    shown = body(client.get("/open/history/log/b.md"))
    assert re.findall(r">(Mona|Leo|Lea)</a>", shown) == ["Mona", "Leo", "Lea"]
    assert "moved it from notes/a.md" in shown
    assert "An index helped" in shown
    assert body(client.get("/open/history/notes/a.md")).count("What was at notes/a.md is here now.") == 1


def test_a_change_says_what_it_did_to_each_page(place, client):
    seq = versions()[2].change.seq
    shown = body(client.get(f"/open/changes/{seq}"))
    assert "An index helped" in shown
    assert "<del>slow</del>" in shown
    assert "<ins>quick</ins>" in shown
    assert "3 lines added, one removed" in shown
    assert "It was at notes/a.md before." in body(client.get(f"/open/changes/{versions()[3].change.seq}"))


def test_versions_are_read_by_addresses_that_stay(cast, place, client):
    first = versions()[1]
    address = f"/open/versions/{first.pk}"
    assert "The slow query" in body(client.get(address))
    assert client.get(f"{address}/raw").content == ONE
    actions.delete_page(cast.mona, "open", "log/b.md")
    actions.create_page(cast.lea, "open", "notes/a.md", b"# Other\n")
    assert "The slow query" in body(client.get(address))
    assert client.get(f"{address}/raw").content == ONE
    assert 'content="noindex"' in body(client.get(address))


def test_any_two_versions_are_compared_in_both_layouts(place, client):
    found = versions()
    chosen = client.get("/open/history/log/b.md", {"from": "3", "to": "1"})
    assert chosen.headers["Location"] == f"/open/versions/{found[3].pk}/difference?from=1"
    shown = body(client.get(chosen.headers["Location"]))
    assert "From version 1 to 3" in shown
    assert "<del>slow</del>" in shown
    assert "It moved from notes/a.md to log/b.md." in shown
    split = body(client.get(f"/open/versions/{found[3].pk}/difference?from=1&view=split"))
    assert 'class="split"' in split
    assert "<ins>quick</ins>" in split
    assert "The first version" in body(client.get(f"/open/versions/{found[1].pk}/difference"))
    assert "The text is the same." in body(client.get(f"/open/versions/{found[3].pk}/difference"))


def test_blame_names_who_wrote_each_line(place, client):
    shown = body(client.get("/open/blame/log/b.md"))
    lines = re.findall(r'<td class="number">(\d+)</td><td class="line">(.*)\n', shown)
    assert [number for number, _ in lines] == [str(n) for n in range(1, 8)]
    writers = re.findall(r'rowspan="(\d+)"><a class="by" href="/open/people/(\w+)">', shown)
    assert writers == [("2", "lea"), ("1", "leo"), ("2", "lea"), ("2", "leo")]
    assert "Leo" not in body(client.get("/open/blame/log/b.md?version=1"))
    assert client.get("/open/blame/notes/a.md").headers["Location"] == "/open/blame/log/b.md"


def test_a_file_has_no_lines_and_says_so(cast, place, client):
    actions.create_page(cast.lea, "open", "plot.png", b"\x89PNG\r\n\x1a\n\xff")
    assert "That is no text." in body(client.get("/open/blame/plot.png"), 400)
    version = versions("plot.png")[1]
    assert "A file of 9" in body(client.get(f"/open/versions/{version.pk}"))
    assert "only their bytes differ" in body(client.get(f"/open/versions/{version.pk}/difference"))
    assert b"".join(client.get(f"/open/versions/{version.pk}/raw").streaming_content).startswith(b"\x89PNG")


def test_changes_are_narrowed_by_person_and_path(cast, place, client):
    actions.create_page(cast.lea, "open", "other.md", b"# Other\n", message="elsewhere")
    everything = body(client.get("/open/changes"))
    assert everything.count("<li>") == 4 + everything.count('<li><a href="/open/"')
    assert "elsewhere" not in body(client.get("/open/changes", {"path": "log/b.md"}))
    assert "First words" in body(client.get("/open/changes", {"path": "log/b.md"}))
    assert "First words" in body(client.get("/open/changes", {"path": "notes"}))
    leos = body(client.get("/open/changes", {"person": "leo"}))
    assert "An index helped" in leos
    assert "First words" not in leos
    assert "No such changes." in body(client.get("/open/changes", {"person": "nobody", "path": "x\0\ud800"[:2]}))


# --- Where things went ----------------------------------------------------------------------------------------------


def test_a_moved_page_is_found_where_it_is_now(cast, place, client):
    for part in ("pages", "raw"):
        response = client.get(f"/open/{part}/notes/a.md")
        assert (response.status_code, response.headers["Location"]) == (302, f"/open/{part}/log/b.md")
    actions.create_page(cast.lea, "open", "notes/a.md", b"# Here now\n")
    assert "Here now" in body(client.get("/open/pages/notes/a.md"))


def test_a_deleted_page_says_so_to_who_may_read(cast, place, client):
    actions.delete_page(cast.mona, "open", "log/b.md")
    shown = body(client.get("/open/pages/log/b.md"), 404)
    assert "Mona deleted this page." in shown
    assert "Restore" not in shown
    assert "Restore it" in body(signed_in(cast, "mona").get("/open/pages/log/b.md"), 404)
    assert "Restore it" not in body(signed_in(cast, "lea").get("/open/pages/log/b.md"), 404)
    assert "Mona deleted this page." in body(client.get("/open/pages/notes/a.md"), 404)
    assert "deleted" not in body(client.get("/open/pages/never.md"), 404)


def test_a_redirect_tells_nothing_to_whom_the_hub_is_not_for(cast, place):
    make_hub(cast, "closed", "private")
    actions.create_page(cast.lea, "closed", "old.md", ONE)
    actions.move_page(cast.lea, "closed", "old.md", "new.md")
    version = versions("new.md")[1].pk
    seq = Change.objects.filter(hub__slug="closed").latest("seq").seq
    for name in ("charlie", "rita", ""):
        client = signed_in(cast, name) if name else Client()
        for address in (
            "pages/old.md", "raw/old.md", "history/old.md", "blame/old.md", "changes", f"changes/{seq}", "trash",
            f"changes/{seq}/revert", f"versions/{version}", f"versions/{version}/difference",
        ):  # fmt: skip
            there, nowhere = (client.get(f"/{hub}/{address}") for hub in ("closed", "nohubx"))
            assert there.status_code == nowhere.status_code == 404
            assert re.sub(r'value="\w{64}"', "", there.content.decode()) == re.sub(
                r'value="\w{64}"', "", nowhere.content.decode()
            )
        assert client.post(f"/closed/versions/{version}/restore").status_code == 404


# --- Ways back ------------------------------------------------------------------------------------------------------


def test_the_trash_gives_back(cast, place, client):
    assert "Nothing is in the trash." in body(client.get("/open/trash"))
    actions.delete_page(cast.mona, "open", "log/b.md")
    shown = body(client.get("/open/trash"))
    assert "log/b.md" in shown
    assert "Restore" not in shown
    head = versions()[4].pk
    assert signed_in(cast, "lea").post(f"/open/versions/{head}/restore").status_code == 403
    mona = signed_in(cast, "mona")
    assert f"/open/versions/{head}/restore" in body(mona.get("/open/trash"))
    assert mona.post(f"/open/versions/{head}/restore").headers["Location"] == "/open/pages/log/b.md"
    assert client.get("/open/raw/log/b.md").content == TWO
    assert "brought it back" in body(client.get("/open/history/log/b.md"))


def test_an_older_version_is_restored_where_the_page_is(cast, place, client):
    first = versions()[1].pk
    mona = signed_in(cast, "mona")
    assert "Restore this version" in body(mona.get(f"/open/versions/{first}"))
    mona.post(f"/open/versions/{first}/restore")
    assert client.get("/open/raw/log/b.md").content == ONE


def test_taking_back_is_told_before_it_is_done(cast, place, client):
    seq = versions()[2].change.seq
    mona = signed_in(cast, "mona")
    assert "Take it back" in body(mona.get(f"/open/changes/{seq}"))
    assert "Take it back" not in body(client.get(f"/open/changes/{seq}"))
    told = body(mona.get(f"/open/changes/{seq}/revert"))
    assert "What it does to one page or file" in told
    assert "says what it said before" in told
    before = Change.objects.count()
    done = mona.post(f"/open/changes/{seq}/revert", {"message": "Not so quick"})
    assert Change.objects.count() == before + 1
    assert client.get("/open/raw/log/b.md").content == ONE
    shown = body(client.get(done.headers["Location"]))
    assert "Not so quick" in shown
    assert f"took back change {seq}" in shown
    assert "nothing to take back" in body(mona.get(f"/open/changes/{seq}/revert"))


def test_an_import_is_taken_back_as_a_whole(cast, hub, tmp_path):
    from nexus.exchange.actions import import_source

    for n in range(30):
        (tmp_path / f"{n}.md").write_text(f"# {n}\n")
    seq = import_source(cast.lea, "cohort", tmp_path).change
    lea = signed_in(cast, "lea")
    assert "What it does to 30 pages and files" in body(lea.get(f"/cohort/changes/{seq}/revert"))
    lea.post(f"/cohort/changes/{seq}/revert")
    assert not Page.objects.filter(hub=hub, live_key__isnull=False).exists()
    assert body(lea.get("/cohort/trash")).count("deleted it") == 30


def test_a_conflict_is_told_and_nothing_is_done(cast, place):
    head = versions()[3]
    actions.edit_page(cast.leo, "open", "log/b.md", TWO.replace(b"quick", b"instant"), base=head.pk)
    mona = signed_in(cast, "mona")
    seq = versions()[2].change.seq
    told = body(mona.get(f"/open/changes/{seq}/revert"))
    assert "It cannot be taken back as a whole" in told
    assert "Both sides changed the same lines." in told
    assert '<button class="button" type="submit">Take it back' not in told
    before = Change.objects.count()
    assert mona.post(f"/open/changes/{seq}/revert").status_code == 409
    assert Change.objects.count() == before


def test_who_may_take_back_what(cast, place):
    seq = versions()[2].change.seq  # Leo's
    for name, status in (("leo", 200), ("lea", 403), ("gus", 403), ("mona", 200), ("charlie", 403), ("rita", 403)):
        assert signed_in(cast, name).get(f"/open/changes/{seq}/revert").status_code == status, name
    assert Client().get(f"/open/changes/{seq}/revert").status_code == 401


def test_another_site_can_take_nothing_back(cast, place):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.user("mona"))
    assert client.post(f"/open/changes/{versions()[2].change.seq}/revert").status_code == 403
    assert client.post(f"/open/versions/{versions()[1].pk}/restore").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "changes?before=x", "changes/99999999999999999999", "changes/1?page=9", "history/log/b.md?before=x", "trash?after=x",
        "history/log/b.md?page=x", f"history/log/b.md?page={uuid.UUID(int=1)}", "history/log/b.md?to=99", "trash?after=1.x",
        "blame/log/b.md?version=99", "blame/never.md", f"versions/{uuid.UUID(int=1)}", "history/never.md",
        "changes?before=99999999999999999999",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(place, client, address):
    assert client.get(f"/open/{address}").status_code == 404


# --- What it costs --------------------------------------------------------------------------------------------------


def many_versions(page: Page, count: int) -> None:
    """A long life for a page, as one writes it in bulk."""
    texts = [f"# Notes\n\nline {n % 7}\n".encode() for n in range(7)]
    Blob.objects.bulk_create(
        [Blob(hash=content_hash(t), size=len(t), is_text=True, data=t) for t in texts], ignore_conflicts=True
    )
    head = page.head
    hub = page.hub
    changes, rows = [], []
    for n in range(count):
        hub.sequence += 1
        changes.append(Change(hub=hub, seq=hub.sequence, kind="edit", message=f"edit {n}", author=head.change.author))
        rows.append(Version(
            page=page, change=changes[-1], number=head.number + n + 1, parent_id=(rows[-1] if rows else head).pk,
            path=page.path, path_key=text_key(page.path), kind="page", blob_id=content_hash(texts[n % 7]),
        ))  # fmt: skip
    hub.save()
    Change.objects.bulk_create(changes, batch_size=500)
    Version.objects.bulk_create(rows, batch_size=500)
    page.head, page.blob_id, page.seq = rows[-1], rows[-1].blob_id, hub.sequence
    page.save()


@pytest.mark.parametrize("count", [1, 30, 10_000])
def test_history_costs_the_same_for_one_version_and_for_10_000(place, client, count, django_assert_num_queries):
    page = Page.objects.select_related("hub", "head__change__author").get(hub=place)
    many_versions(page, count)
    old = Version.objects.get(page=page, number=1).pk
    for address, queries in (
        ("changes", 2),
        (f"changes/{page.hub.sequence}", 3),
        ("history/log/b.md", 3),
        ("history/log/b.md?before=3", 3),
        ("blame/log/b.md", 5),
        (f"versions/{page.head_id}", 1),
        (f"versions/{page.head_id}/difference?from=1", 3),
        (f"versions/{old}/raw", 1),
        ("trash", 2),
    ):
        with django_assert_num_queries(queries):
            assert client.get(f"/open/{address}").status_code == 200, address
    if count == 10_000:
        shown = body(client.get("/open/history/log/b.md"))
        assert shown.count('class="choose"') == 50
        assert 'before=9954"' in shown
