"""What one reader got is given to them again: until anything it was made from changes, and never to anybody else."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.live.stage import Stage, settings_of

from nexus.accounts.proofs import Proof
from nexus.ops import personal
from nexus.ops.personal import asked_for

#: Calls a minute.
LIMIT = 60
TEXT = "# Notes\n\nWritten by Lea.\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("personal")
    environment, instance = settings_of(folder)
    (folder / "var").mkdir(exist_ok=True)
    running = Stage(folder / "var", **environment | {"NEXUS_RATE_SIGNED_IN": str(LIMIT)})
    yield running
    assert running.stop() == 0, running.output
    assert running.process.stderr
    running.process.stderr.close()
    if instance:
        instance.drop()


class Reader:
    """Somebody who reads a page of a private hub of their own, with what they show for it."""

    def __init__(self, stage: Stage, name: str, shows: str) -> None:
        self.stage, self.name, self.hub, self.token = stage, name, f"of-{name}", ""
        access = stage.do("user", name)
        stage.do("hub", self.hub, members={name: "learner"})
        stage.do("page", self.hub, "notes.md", TEXT)
        self.address = f"/api/v1/hubs/{self.hub}/pages/{stage.do('page_id', self.hub, 'notes.md')}"
        match shows:
            case "session":
                self.session = stage.do("session", name)
                self.headers = {"Cookie": f"nexus_session={self.session}; nexus_csrf={'c' * 32}"}
                self.address = f"/{self.hub}/pages/notes.md"
            case "access":
                self.headers = {"Authorization": f"Bearer {access}"}
            case _:
                self.token, secret = stage.do("personal_token", name)
                self.headers = {"Authorization": f"Bearer {secret}"}

    def read(self, **more: str) -> tuple[int, dict[str, str], bytes]:
        return self.stage.ask(self.address, **self.headers | more)

    def is_hit(self, **more: str) -> bool:
        return "cache-status" in self.read(**more)[1]

    def read_often(self) -> None:
        """Until it is given again: not the first time, and not before the indexes followed what was written."""
        assert not self.is_hit(), "what is asked for once is not kept"
        self.stage.until(self.is_hit)


_names = iter(f"reader{n}" for n in range(1_000))


@pytest.fixture(params=["session", "access", "personal"])
def reader(stage: Stage, request: pytest.FixtureRequest) -> Reader:
    return Reader(stage, next(_names), request.param)


ENDS: dict[str, tuple[Callable[[Reader], Any], int]] = {
    "removed": (lambda r: r.stage.do("remove", r.hub, r.name), 404),
    "deactivated": (lambda r: r.stage.do("deactivate", r.name), 401),
    "another password": (lambda r: r.stage.do("set_password", r.name), 401),
    "signed out everywhere": (lambda r: r.stage.do("sign_out_everywhere", r.name), 401),
}


@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_given_once_a_right_ended(reader: Reader, how: str) -> None:
    reader.read_often()
    end, status = ENDS[how]
    end(reader)
    if status == 401 and "Cookie" in reader.headers:
        status = 404  # nobody asks, for what is private
    assert reader.read()[0] == status


def test_nothing_is_given_for_a_session_or_token_that_ended(stage: Stage) -> None:
    signed_in, caller = Reader(stage, next(_names), "session"), Reader(stage, next(_names), "personal")
    for each in (signed_in, caller):
        each.read_often()
    stage.do("sign_out", signed_in.session)
    stage.do("revoke", caller.token)
    assert (signed_in.read()[0], caller.read()[0]) == (404, 401)


def test_what_is_written_shows_at_once(reader: Reader) -> None:
    reader.read_often()
    before = reader.read()
    reader.stage.do("page", reader.hub, "notes.md", "# Notes\n\nWritten anew.\n")
    after = reader.read()
    assert after[2] != before[2]
    assert "cache-status" not in after[1]
    reader.stage.until(reader.is_hit)


def test_another_role_and_another_visibility_have_it_made_anew(reader: Reader) -> None:
    for deed in (("member", reader.hub, reader.name, "owner"), ("visibility", reader.hub, "internal")):
        reader.stage.until(reader.is_hit)
        reader.stage.do(*deed)
        assert not reader.is_hit()


def test_it_is_given_to_nobody_else(stage: Stage) -> None:
    reader, charlie = Reader(stage, next(_names), "access"), Reader(stage, next(_names), "access")
    reader.read_often()
    for headers in (charlie.headers, {}, {"Authorization": "Bearer nxp_made-up"},
                    {"Cookie": f"nexus_session={reader.headers['Authorization']}"}):  # fmt: skip
        status, told, body = stage.ask(reader.address, **headers)
        assert status in {401, 404}
        assert "cache-status" not in told
        assert b"notes.md" not in body


def test_what_a_client_has_is_not_sent_again(reader: Reader) -> None:
    reader.read_often()
    _status, headers, _body = reader.read()
    if "etag" not in headers:
        assert headers["cache-control"] == "private, no-store", "a page is nothing that a browser keeps"
        return
    status, told, body = reader.read(If_None_Match=f"W/{headers['etag']}")
    assert (status, body, told["etag"]) == (304, b"", headers["etag"])
    assert "content-type" not in told
    assert reader.read(If_None_Match='"another"')[0] == 200


def test_every_call_counts(stage: Stage) -> None:
    """A kept answer says what is left of this minute, and is not given beyond the limit."""
    reader = Reader(stage, next(_names), "access")
    reader.read_often()
    status, headers, _body = reader.read()
    for _ in range(3 * LIMIT):
        before, (status, headers, _body) = headers, reader.read()
        if status != 200:
            break
        is_next_minute = int(headers["ratelimit-reset"]) > int(before["ratelimit-reset"])
        assert is_next_minute or int(headers["ratelimit-remaining"]) == int(before["ratelimit-remaining"]) - 1
    assert status == 429
    assert "retry-after" in headers


def test_what_is_made_anew_counts_once(stage: Stage) -> None:
    reader = Reader(stage, next(_names), "access")
    for _ in range(5):  # until no minute ends amid it
        stage.until(reader.is_hit)
        before = reader.read()[1]
        stage.do("page", reader.hub, "notes.md", f"# Notes\n\n{next(_names)}\n")
        after = reader.read()[1]
        if int(after["ratelimit-reset"]) <= int(before["ratelimit-reset"]):
            break
    assert int(after["ratelimit-remaining"]) == int(before["ratelimit-remaining"]) - 1


def scope(path: str = "/cohort/pages/a.md", method: str = "GET", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    told = [(b"host", b"nexus.test"), *(headers or ((b"cookie", b"nexus_session=abc"),))]
    return {"method": method, "scheme": "https", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": told}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "hub"),
    [
        ("/cohort/pages/a.md", "cohort"), ("/cohort/raw/a/b.png", "cohort"), ("/api/v1/hubs/x/pages/7", "x"),
        ("/api/v1/hubs/x/pages", "x"), ("/cohort/", None), ("/", None), ("/search", None), ("/account/email/", None),
        ("/api/v1/me", None), ("/api/v1/hubs/x/members", None), ("/api/v1/hubs/x", None), ("/graphql", None),
    ],
)  # fmt: skip
def test_only_what_is_made_from_one_hub_may_be_kept(path: str, hub: str | None) -> None:
    asked = asked_for(scope(path))
    assert (asked.hub if asked else None) == hub


def test_what_asks_otherwise_is_another_request() -> None:
    session = (b"cookie", b"nexus_session=abc")
    keys = [asked_for(scope("/c/pages/a.md", "GET", session, *more)) for more in (
        (), ((b"accept-language", b"de"),), ((b"accept-encoding", b"gzip, br"),), ((b"hx-request", b"true"),),
        ((b"origin", b"https://elsewhere.example"),),
    )]  # fmt: skip
    assert all(keys)
    assert len({key.key for key in keys if key}) == len(keys)
    assert asked_for(scope("/c/pages/a.md", "GET", session, (b"authorization", b"Bearer x"))) is None, (
        "whose answer is it?"
    )
    api = [
        asked_for(scope("/api/v1/hubs/c/pages", "GET", session, (b"authorization", each)))
        for each in (b"Bearer x", b"Bearer y")
    ]
    assert len({key.key for key in api if key}) == 2
    for special in (b"range", b"if-match", b"if-modified-since", b"cookie"):
        assert asked_for(scope("/c/pages/a.md", "GET", session, (special, b"1"))) is None
    assert asked_for(scope("/c/pages/a.md", "POST")) is None
    assert asked_for(scope("/c/pages/a.md", "GET", (b"cookie", b"nexus_csrf=abc"))) is None


def test_nobody_waits_for_ever_when_a_question_breaks(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """The application then says what is wrong; those who came meanwhile are asked about."""
    begun = threading.Event()
    good = personal.Told(("as it was",))

    def told(numbers: dict[personal.Question, int]) -> dict[personal.Question, personal.Told]:
        begun.set()
        if any(question.hub == "broken" for question in numbers):
            raise RuntimeError("broken")
        return dict.fromkeys(numbers, good)

    async def play() -> list[personal.Told]:
        front = personal.Personal(None)
        try:
            async with asyncio.timeout(10):
                first = asyncio.create_task(front._ask(personal.Question(Proof(), "broken", counts=False)))
                await asyncio.to_thread(begun.wait, 10)
                later = await front._ask(personal.Question(Proof(), "cohort", counts=False))
                return [await first, later, await front._ask(personal.Question(Proof(), "again", counts=False))]
        finally:
            front._thread.shutdown()

    monkeypatch.setattr(personal, "_told", told)
    assert asyncio.run(play()) == [personal.Told(None), good, good]
    assert "nobody was told" in caplog.text
