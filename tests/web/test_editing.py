"""Writing in the browser: forms that need no script, refusals that lose nothing, buttons for those who may."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import PASSWORD, make_hub

from nexus.base import clock
from nexus.hubs import actions as hubs
from nexus.hubs.models import Hub
from nexus.pages import actions, queries
from nexus.pages.models import Change, Page, Version

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def signed_in(cast, name: str, **options) -> Client:
    client = Client(**options)
    client.login(username=cast.user(name).username, password=PASSWORD)
    return client


@pytest.fixture
def lea(cast, hub) -> Client:
    actions.create_page(cast.lea, "cohort", "a/one.md", b"# One\n\nfirst\n\nlast\n")
    return signed_in(cast, "lea")


def body(response, status: int = 200) -> str:
    assert response.status_code == status, (response.status_code, response.content[:2000])
    return response.content.decode()


def head(path: str) -> uuid.UUID:
    return Page.objects.get(hub__slug="cohort", path=path).head_id


def text_of(cast, path: str) -> bytes:
    return bytes(queries.path_for(cast.lea, "cohort", path).blob.data)


def typed(response) -> str:
    """What stands in the text area."""
    (found,) = re.findall(r"<textarea[^>]*name=\"text\"[^>]*>\n(.*?)</textarea>", response.content.decode(), re.DOTALL)
    return (
        found.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x27;", "'")
        .replace("&quot;", '"')
        .replace("&amp;", "&")
    )


def edited(client, path: str, text: str, base: str, **more):
    return client.post(f"/cohort/edit/{path}", {"text": text, "base": base, "message": "", **more})


# --- Editing ------------------------------------------------------------------------------------------------


def test_a_page_is_edited_by_a_plain_form_and_the_change_is_named(cast, lea):
    form = lea.get("/cohort/edit/a/one.md")
    assert typed(form) == "# One\n\nfirst\n\nlast\n"
    response = edited(lea, "a/one.md", "# One\r\n\r\nsecond\r\n\r\nlast\r\n", head("a/one.md"), message="why")
    assert response.status_code == 302
    assert response.headers["Location"] == "/cohort/pages/a/one.md"
    assert text_of(cast, "a/one.md") == b"# One\n\nsecond\n\nlast\n"
    change = Change.objects.latest("seq")
    assert (change.message, change.author.handle) == ("why", "lea")
    after = body(lea.get(response.headers["Location"]))
    assert "Saved." in after
    assert f'href="/cohort/changes/{change.seq}"' in after


@pytest.mark.parametrize("content", [b"a\r\nb\r\n", b"a\r\nb\nc\rd", b"\xef\xbb\xbf# A\n\nx", b"\n\n# A  \n\t\n", b""])
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(cast, lea, content):
    """Law 1 through a door that makes every line end CR LF."""
    actions.create_page(cast.lea, "cohort", "ends.md", content)
    before = Version.objects.count()
    form = typed(lea.get("/cohort/edit/ends.md"))
    shown = form.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")  # as a browser does
    assert edited(lea, "ends.md", shown, head("ends.md")).status_code == 302
    assert Version.objects.count() == before
    assert "Nothing was changed." in body(lea.get("/cohort/pages/ends.md"))


def test_a_page_is_made_at_a_free_path(cast, lea):
    assert "New page" in body(lea.get("/cohort/edit/new/page.md"))
    response = lea.post("/cohort/edit/new/page.md", {"text": "# New", "path": "new/other.md"})
    assert response.headers["Location"] == "/cohort/pages/new/other.md"
    assert text_of(cast, "new/other.md") == b"# New"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("a/one.md", 409, "Something stands at that path already."),
        ("a", 409, "A folder stands at that path."),
        ("../x.md", 400, "it has a `.` or `..` segment"),
        ("", 400, "it is empty"),
        ("a/one.md/x.md", 409, "A page or file stands where a folder is needed."),
    ],
)
def test_what_is_wrong_is_said_and_the_form_comes_back_filled(lea, path, status, said):
    sent = {"text": "typed for an hour", "path": path, "message": "why"}
    response = lea.post("/cohort/edit/x.md", sent)
    shown = body(response, status)
    assert said in shown
    assert typed(response) == "typed for an hour"
    assert 'value="why"' in shown


def test_texts_that_are_too_long_come_back_too(cast, lea):
    long = "word " * 400_001
    response = edited(lea, "a/one.md", long, head("a/one.md"))
    assert response.status_code == 413
    assert typed(response) == long
    response = edited(lea, "a/one.md", "kept", head("a/one.md"), message="m" * 1001)
    assert response.status_code == 400
    assert typed(response) == "kept"


def test_more_than_a_form_may_carry_says_where_the_text_still_is(lea):
    response = edited(lea, "a/one.md", "word " * 600_000, head("a/one.md"))
    assert "your browser still has what you typed" in body(response, 413)


def test_what_somebody_else_wrote_meanwhile_is_merged_and_said(cast, lea):
    base = head("a/one.md")
    actions.edit_page(cast.leo, "cohort", "a/one.md", b"# One\n\nfirst\n\nLeo's\n", base=base)
    assert edited(lea, "a/one.md", "# Uno\n\nfirst\n\nlast\n", base).status_code == 302
    assert text_of(cast, "a/one.md") == b"# Uno\n\nfirst\n\nLeo's\n"
    assert "together with what others wrote meanwhile" in body(lea.get("/cohort/pages/a/one.md"))


def test_what_does_not_merge_is_finished_by_hand(cast, lea):
    base = head("a/one.md")
    actions.edit_page(cast.leo, "cohort", "a/one.md", b"# One\n\nLeo's\n\nlast\n", base=base)
    response = edited(lea, "a/one.md", "# Uno\n\nLea's\n\nlast\n", base)
    shown = body(response, 409)
    assert "One passage was changed by both" in shown
    marked = typed(response)
    assert marked == "# Uno\n\n<<<<<<< Leo\nLeo's\n=======\nLea's\n>>>>>>> you\n\nlast\n" or "<<<<<<< Leo" in marked
    for side in ("first", "Leo&#x27;s", "Lea&#x27;s"):
        assert side in shown
    assert f'name="base" value="{head("a/one.md")}"' in shown
    # With the marks in it nothing is stored by mistake;
    response = edited(lea, "a/one.md", marked, head("a/one.md"), merging="1")
    assert "There are still marks in the text." in body(response, 400)
    assert typed(response) == marked
    # who means them says so; and decided it is a change like any other.
    assert edited(lea, "a/one.md", "# Uno\n\nBoth\n\nlast\n", head("a/one.md"), merging="1").status_code == 302
    assert text_of(cast, "a/one.md") == b"# Uno\n\nBoth\n\nlast\n"
    assert edited(lea, "a/one.md", marked, head("a/one.md"), merging="1", marks="1").status_code == 302
    assert text_of(cast, "a/one.md").decode() == marked


def test_a_page_that_went_away_meanwhile_leaves_the_text_with_its_writer(cast, lea):
    base = head("a/one.md")
    actions.move_page(cast.leo, "cohort", "a/one.md", "b/one.md")
    response = edited(lea, "a/one.md", "mine", base)
    assert "no longer at this path" in body(response, 409)
    assert typed(response) == "mine"
    assert 'name="base"' not in response.content.decode()
    actions.create_page(cast.leo, "cohort", "a/one.md", b"another page")
    response = edited(lea, "a/one.md", "mine", base)
    assert "Another page stands at this path now." in body(response, 409)
    assert f'name="base" value="{head("a/one.md")}"' in response.content.decode()
    assert typed(response) == "mine"


# --- Nothing typed is lost ----------------------------------------------------------------------------------


def kept(response, status: int) -> str:
    shown = body(response, status)
    assert "What you wrote is still here" in shown
    assert "an hour of words" in shown
    return shown


def test_an_ended_session_keeps_what_was_typed_and_sends_it_again(cast, lea):
    base = head("a/one.md")
    shown = kept(edited(Client(), "a/one.md", "an hour of words", base, message="why"), 404)
    assert "Sign in in another tab" in shown
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
    again.pop("csrfmiddlewaretoken")
    assert again == {"base": str(base), "message": "why"}
    assert lea.post("/cohort/edit/a/one.md", {"text": "an hour of words"} | again).status_code == 302
    assert text_of(cast, "a/one.md") == b"an hour of words"
    hubs.update_hub(cast.alice, "cohort", visibility="public")
    kept(edited(Client(), "a/one.md", "an hour of words", head("a/one.md")), 401)


@pytest.mark.security
def test_what_is_kept_says_nothing_of_a_hub_one_may_not_see(cast, lea):
    answers = [
        signed_in(cast, "charlie").post(f"/{hub}/edit/a/one.md", {"text": "an hour of words"}).content.decode()
        for hub in ("cohort", "nobodys")
    ]
    told = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer) for answer in answers]
    assert told[0] == told[1].replace("nobodys", "cohort")


def test_an_archived_hub_and_a_role_that_ended_keep_it_too(cast, lea):
    base = head("a/one.md")
    hubs.set_member(cast.alice, "cohort", "lea", "guest")
    kept(edited(lea, "a/one.md", "an hour of words", base), 403)
    hubs.set_member(cast.alice, "cohort", "lea", "learner")
    hubs.archive_hub(cast.alice, "cohort")
    assert "archived" in kept(edited(lea, "a/one.md", "an hour of words", base), 403)


def test_a_form_that_is_too_old_keeps_it_too(cast, lea):
    strict = signed_in(cast, "lea", enforce_csrf_checks=True)
    shown = kept(edited(strict, "a/one.md", "an hour of words", head("a/one.md")), 403)
    assert "too old" in shown
    assert 'name="csrfmiddlewaretoken"' in shown
    assert text_of(cast, "a/one.md") != b"an hour of words"


# --- Preview ------------------------------------------------------------------------------------------------


def test_a_preview_is_what_reading_shows_and_stores_nothing(cast, lea):
    before = Version.objects.count()
    text = "# T\n\n[one](one.md) <script>alert(1)</script> ![x](javascript:alert(1))"
    for address, sent in (("preview/a/two.md", {}), ("edit/a/two.md", {"preview": "1", "path": "a/two.md"})):
        shown = body(lea.post(f"/cohort/{address}", {"text": text, **sent}))
        assert 'href="/cohort/pages/a/one.md"' in shown
        assert "alert(1)</script>" not in shown
        assert not re.search(r'(?:src|href)="javascript', shown)
    assert Version.objects.count() == before
    assert typed(lea.post("/cohort/edit/a/two.md", {"text": text, "preview": "1", "path": "a/two.md"})) == text


def test_previews_have_a_bound(lea, monkeypatch):
    with clock.at(clock.now()):  # turns are counted by the minute, and this is to be one
        monkeypatch.setattr("nexus.web.views.editing.PREVIEWS", 2)
        codes = [lea.post("/cohort/preview/a.md", {"text": "x"}).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        assert lea.post("/cohort/preview/a.md", {"text": "x" * 60_000}).status_code == 413


# --- Paths --------------------------------------------------------------------------------------------------


def test_a_page_and_a_folder_are_moved(cast, lea):
    sent = {"target": "b/two.md", "base": head("a/one.md"), "message": "renamed"}
    assert lea.post("/cohort/move/a/one.md", sent).headers["Location"] == "/cohort/pages/b/two.md"
    assert "A folder with one page" in body(lea.get("/cohort/move/b"))
    assert lea.post("/cohort/move/b", {"target": "c"}).headers["Location"] == "/cohort/pages/c"
    assert "Moved to c." in body(lea.get("/cohort/pages/c"))
    assert Page.objects.get(hub__slug="cohort").path == "c/two.md"
    for target, status in (("c/two.md", 400), ("/x", 400)):
        response = lea.post("/cohort/move/c/two.md", {"target": target})
        assert f'value="{target}"' in body(response, status)


def test_what_is_deleted_can_be_brought_back(cast, lea):
    assert "is taken away" in body(lea.get("/cohort/delete/a/one.md"))
    base = head("a/one.md")
    actions.edit_page(cast.leo, "cohort", "a/one.md", b"newer", base=head("a/one.md"))
    assert "changed since you read it" in body(lea.post("/cohort/delete/a/one.md", {"base": base}), 409)
    response = lea.post("/cohort/delete/a/one.md", {"base": head("a/one.md")})
    assert response.headers["Location"] == "/cohort/"  # the folder went with it
    assert lea.get("/cohort/restore/a/one.md").status_code == 403
    mona = signed_in(cast, "mona")
    assert "Lea deleted it" in body(mona.get("/cohort/restore/a/one.md"))
    assert mona.post("/cohort/restore/a/one.md").headers["Location"] == "/cohort/pages/a/one.md"
    assert text_of(cast, "a/one.md") == b"newer"
    assert mona.get("/cohort/restore/never.md").status_code == 404
    assert lea.get("/cohort/delete/nowhere").status_code == 404


# --- Files --------------------------------------------------------------------------------------------------


def test_files_are_uploaded_by_a_plain_form(cast, lea):
    files = [SimpleUploadedFile("plot.png", PNG), SimpleUploadedFile("notes.md", b"# Notes")]
    assert lea.post("/cohort/upload/a", {"files": files}).headers["Location"] == "/cohort/pages/a"
    assert sorted(Page.objects.filter(hub__slug="cohort").values_list("path", "kind")) == [
        ("a/notes.md", "page"), ("a/one.md", "page"), ("a/plot.png", "file"),
    ]  # fmt: skip
    assert Page.objects.get(hub__slug="cohort", path="a/notes.md").seq == head_seq(), "both are one change"
    before = head_seq()
    others = [SimpleUploadedFile("plot.png", b"\xff other"), SimpleUploadedFile("more.md", b"# More")]
    shown = body(lea.post("/cohort/upload/a", {"files": others, "message": "more"}), 409)
    assert "plot.png: Something stands at that path already." in shown
    assert "Put here: more.md." in shown
    assert head_seq() == before + 1, "what has its place is put there, and nothing else"
    assert text_of(cast, "a/more.md") == b"# More"
    twice = [SimpleUploadedFile("same.txt", b"1"), SimpleUploadedFile("same.txt", b"2")]
    assert "same.txt: Something stands" in body(lea.post("/cohort/upload/a", {"files": twice}), 409)
    below = body(lea.post("/cohort/upload/a/one.md", {"files": [SimpleUploadedFile("x.txt", b"1")]}), 409)
    assert "A page or file stands where a folder is needed." in below
    again = lea.post("/cohort/upload/a", {"files": [SimpleUploadedFile("plot.png", b"\xff other")]})
    assert "Something stands at that path already." in body(again, 409)
    assert "Choose 1 to 20 files." in body(lea.post("/cohort/upload"), 400)


def head_seq() -> int:
    return Hub.objects.get(slug="cohort").sequence


def test_what_is_pasted_gets_a_free_name_and_equal_pictures_are_one(cast, lea, settings):
    def paste(name: str, content: bytes):
        sent = {"files": SimpleUploadedFile(name, content)}
        return lea.post("/cohort/upload/a", sent, headers={"Accept": "application/json"})

    assert paste("image.png", PNG).json() == {
        "files": [{"path": "a/image.png", "name": "image.png", "image": True}], "refused": [],
    }  # fmt: skip
    assert paste("image.png", PNG).json()["files"][0]["name"] == "image.png"
    other = paste("image.png", PNG + b"other").json()["files"][0]["name"]
    assert re.fullmatch(r"image-[0-9a-f]{8}\.png", other)
    assert paste("image.png", PNG + b"other").json()["files"][0]["name"] == other
    assert Page.objects.filter(hub__slug="cohort", kind="file").count() == 2
    batch = [SimpleUploadedFile("image.png", PNG), SimpleUploadedFile("image.png", PNG + b"third"),
             SimpleUploadedFile("b.txt", b"b"), SimpleUploadedFile("large.bin", bytes(1_000_001))]  # fmt: skip
    before, settings.MAX_UPLOAD_MB = head_seq(), 1
    told = lea.post("/cohort/upload/a", {"files": batch}, headers={"Accept": "application/json"}).json()
    assert [put and put["name"][:6] for put in told["files"]] == ["image.", "image-", "b.txt", None], told
    assert ["large.bin: A file may have 1 MB." in each for each in told["refused"]] == [True]
    assert head_seq() == before + 1
    assert paste("page.svg", b"<svg/>").json()["files"][0]["image"] is False


# --- A new page ---------------------------------------------------------------------------------------------


def test_a_new_page_is_asked_for_its_path_and_template(cast, lea):
    actions.create_page(
        cast.lea, "cohort", "templates/standup.md", b"# {{title}}, {{date}}\n\n{{name}} of {{hub}} {{x}}\n"
    )
    shown = body(lea.get("/cohort/new?folder=a"))
    assert 'value="a/"' in shown
    assert re.findall(r'name="template" value="([^"]+)"', shown) == [
        "standup.md", "README.md", "challenge.md", "project.md", "weekly-log.md",
    ]  # fmt: skip
    to = lea.get("/cohort/new", {"path": "/log/day-7", "template": "standup.md"})
    assert to.headers["Location"] == "/cohort/edit/log/day-7.md?template=standup.md"
    assert re.fullmatch(
        r"# Day 7, \d{4}-\d\d-\d\d\n\nLea of Cohort \{\{x\}\}\n", typed(lea.get(to.headers["Location"]))
    )
    assert "already" in body(lea.get("/cohort/new", {"path": "a/one"}), 409)
    assert "it is empty" in body(lea.get("/cohort/new", {"path": " "}), 400)
    assert typed(lea.get("/cohort/edit/x.md?template=../a/one.md")) == ""


# --- Rights -------------------------------------------------------------------------------------------------

FORMS = [
    "confirm",
    "edit/a/one.md",
    "edit/free.md",
    "move/a/one.md",
    "delete/a/one.md",
    "upload",
    "new",
    "add/challenge",
]


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "status"), [("alice", 200), ("mona", 200), ("leo", 200), ("gus", 403), ("charlie", 404)]
)
def test_forms_and_buttons_are_for_those_who_may(cast, lea, name, status):
    client = signed_in(cast, name)
    assert {client.get(f"/cohort/{form}").status_code for form in FORMS} == {status}
    for page in ("/cohort/", "/cohort/pages/a/one.md", "/cohort/pages/a"):
        response = client.get(page)
        assert ("/cohort/new" in response.content.decode()) == (status == 200), page
        assert ("/cohort/edit/" in response.content.decode()) == (status == 200 and page.endswith(".md")), page


def test_whoever_is_not_signed_in_finds_no_button_and_the_page_stays_the_same_for_all(cast, lea):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "a.md", b"# A")
    response = Client().get("/open/pages/a.md")
    assert "/edit/" not in response.content.decode()
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert Client().get("/open/edit/a.md").status_code == 401


def test_one_adds_from_chapters_and_from_ones_own_page(cast, lea):
    assert 'href="/cohort/add/challenge"' in body(lea.get("/cohort/challenges"))
    assert 'href="/cohort/add/practice"' in body(lea.get("/cohort/people/lea"))
    leo = signed_in(cast, "leo")
    assert "/cohort/add/" not in body(leo.get("/cohort/people/lea"))
    assert "/cohort/add/" not in body(signed_in(cast, "gus").get("/cohort/challenges"))
