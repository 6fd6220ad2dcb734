"""R7: a request is done and its answer is lost on the way back. Whoever sends it again with its key has it done once."""

import http.client
import itertools
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.faults.demands import HERE, JSON
from tests.faults.proxy import Proxy
from tests.live.stage import Stage
from tests.ops.serving import PATIENCE
from tests.pages.keys import KEYS, Maker

from nexus_client import Nexus, Unreachable

pytestmark = pytest.mark.faults
#: Answers that are lost, over all kinds of requests.
LOST = int(os.environ.get("NEXUS_TEST_LOST", "200"))
#: What takes no key, and what comes of sending it again.
WITHOUT_KEY = {
    "sign_in": "another pair; the lost one ends by itself, and with `sign out everywhere`",
    "refresh_the_tokens": "a refresh token is good once: whoever lost the answer signs in again",
    "sign_out": "what is over stays so",
    "sign_out_everywhere": "what is over stays so",
    "bring_a_deleted_hub_back": "it is back: 404 where it lay",
    "invite_somebody": "a secret that is shown once is kept nowhere: another link, the lost one is in the list",
    "share_a_page_or_folder": "as an invitation",
    "make_a_webhook": "as an invitation",
    "make_a_personal_token": "as an invitation",
    "rotate_the_source_s_secret": "another secret, and that one holds",
    "rotate_a_webhook_s_secret": "another secret, and that one holds",
    "purge_a_file_or_a_passage": "it is out: nothing is found",
    "tell_what_a_purge_would_take_out": "it only tells",
    "pull_the_source": "it is pulled soon, said once or twice",
    "tell_of_a_push": "it is pulled soon, said once or twice",
    "transfer_a_hub": "it has another owner: denied",
    "redeliver_an_event": "told twice with one id, as webhooks may be",
    "ping_a_webhook": "told twice",
    "accept_an_invitation": "one is a member already",
    "claim_a_person": "it is theirs already",
}
FILE = {"Content_Type": "multipart/form-data; boundary=x"}
_numbers = itertools.count()


def multipart(name: str, content: str, **fields: str) -> str:
    head = "--x\r\nContent-Disposition: form-data; name="
    more = "".join(f'{head}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items())
    return f'{more}{head}"file"; filename="{name}"\r\n\r\n{content}\r\n--x--\r\n'


class Client:
    """Alice's program, by a way on which answers are lost or not."""

    def __init__(self, stage: Stage, proxy: Proxy) -> None:
        self.stage, self.proxy = stage, proxy
        self.headers = {"Authorization": f"Bearer {stage.do('personal_token', 'alice', None, ['admin'])[1]}"}

    def send(self, method: str, path: str, body: Any, **more: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and what was told. Raises ConnectionError where there is no answer."""
        sent = body if isinstance(body, str) else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=PATIENCE)
        headers = {**self.headers, **JSON, **more} if "Content_Type" not in more else {**self.headers, **more}
        try:
            connection.request(method, path, sent, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            told = answer.read()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, json.loads(told) if told[:1] in b"{[" and told else told
        finally:
            connection.close()

    def loses(self, method: str, path: str, body: Any, **more: str) -> None:
        """Sends it, and hears nothing of what came of it."""
        self.proxy.lose = 1
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            self.send(method, path, body, **more)
        assert self.proxy.lose == 0

    def get(self, path: str) -> Any:
        status, _headers, told = self.send("GET", path, "")
        assert status == 200, told
        return told

    def page(self, text: str) -> tuple[str, str]:
        """Path and id of a new page."""
        path = f"made-{next(_numbers)}.md"
        self.stage.do("page", "cohort", path, text)
        return path, self.stage.do("page_id", "cohort", path)


type Asked = tuple[str, Any, dict[str, str]]


def _revert(client: Client) -> Asked:
    client.page("# Taken back\n")
    return f"{HERE}/changes/{client.stage.do('sequence', 'cohort')}/revert", {}, {}


def _restore(client: Client) -> Asked:
    path, page = client.page("# Deleted\n")
    etag = client.send("GET", f"{HERE}/pages/{page}/text", "")[1]["etag"]
    assert client.send("DELETE", f"{HERE}/pages/{page}", "", If_Match=etag)[0] in {200, 204}, path
    return f"{HERE}/pages/{page}/restore", {}, {}


def _entry(client: Client) -> Asked:
    path, _page = client.page("# Week 1\n\n## Best practices\n\n- First\n")
    return f"{HERE}/entries", {"path": path, "kind": "practice", "title": f"Second {path}"}, {}


def _answers(client: Client) -> Asked:
    path, _page = client.page(f"# Week 1\n\n## Challenges\n\n- **Challenge:** it broke {next(_numbers)}\n")
    found = client.get(f"{HERE}/entries?kind=challenge&limit=100")["results"]
    entry = next(each["id"] for each in found if each["path"] == path)
    answer = {"entry": entry, "part": "solution", "text": "Turn it off"}
    return f"{HERE}/entries/answers", {"path": path, "answers": [answer]}, {}


def _suspects(client: Client) -> Asked:
    client.page(f"# Notes\n\nexport TOKEN={KEYS['GitHub'](Maker(n()))}\n")
    found = client.get(f"{HERE}/suspects")["results"]
    return f"{HERE}/suspects", {"suspects": [found[0]["id"]]}, {}


def _job(client: Client) -> None:
    """Only so many may wait."""
    client.stage.until(lambda: not client.stage.do("waiting_jobs"))


def _export(client: Client) -> Asked:
    _job(client)
    return f"{HERE}/exports", {"format": "json"}, {}


def _import(client: Client) -> Asked:
    _job(client)
    return f"{HERE}/imports", multipart(f"import-{next(_numbers)}.md", "# Brought\n"), FILE


def n() -> int:
    return next(_numbers)


#: What is asked, by the name of the operation; made anew for each time.
WITH_KEY: dict[str, Callable[[Client], Asked]] = {
    "make_a_hub": lambda _: ("/api/v1/hubs", {"slug": f"hub-{n()}"}, {}),
    "put_a_file": lambda _: (f"{HERE}/attachments", multipart("x.bin", f"{n()}", path=f"file-{n()}.bin"), FILE),
    "do_several_things_at_once": lambda _: (
        f"{HERE}/changes", {"steps": [{"verb": "create", "path": f"step-{n()}.md", "text": "x"}]}, {},
    ),
    "take_a_change_back": _revert,
    "write_an_entry_into_a_page": _entry,
    "answer_what_challenges_leave_open": _answers,
    "begin_an_export": _export,
    "begin_an_import": _import,
    "make_a_page": lambda _: (f"{HERE}/pages", {"path": f"page-{n()}.md", "text": "x"}, {}),
    "restore_a_page": _restore,
    "review_suspects": _suspects,
}  # fmt: skip


@pytest.fixture
def client(start_stage: Callable[..., Stage]) -> Iterator[Client]:
    often = {"NEXUS_RATE_SIGNED_IN": "1000000", "NEXUS_HUBS_PER_PERSON": "100000"}
    stage = start_stage(**often)
    stage.do("hub", "cohort", "private", {"alice": "owner"})
    proxy = Proxy(stage.port)
    yield Client(stage, proxy)
    proxy.close()
    assert "Traceback" not in stage.output


def test_every_request_of_the_api_takes_a_key_or_says_why_not(client: Client) -> None:
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for methods in client.get("/api/v1/schema")["paths"].values():
        if post := methods.get("post"):
            takes = any("dempotency" in json.dumps(each) for each in post.get("parameters", ()))
            named[takes].add(post["operationId"])
    assert named == {True: set(WITH_KEY), False: set(WITHOUT_KEY)}


def _difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.parametrize("name", WITH_KEY)
def test_what_is_sent_again_is_done_once(client: Client, name: str) -> None:
    """It comes to what one request comes to whose answer arrives, and says what that said."""
    path, body, more = WITH_KEY[name](client)
    before = client.stage.do("rows")
    assert client.send("POST", path, body, **more)[0] in {200, 201, 202}
    _job(client)
    effect = _difference(before, client.stage.do("rows"))
    assert effect, "it does something"
    for _ in range(max(1, LOST // len(WITH_KEY))):
        path, body, more = WITH_KEY[name](client)
        key = {"Idempotency_Key": f"key-{n()}", **more}
        before = client.stage.do("rows")
        client.loses("POST", path, body, **key)
        client.loses("POST", path, body, **key)
        status, headers, told = client.send("POST", path, body, **key)
        assert status in {200, 201, 202}, told
        assert headers["idempotency-replayed"] == "true"
        _job(client)
        assert _difference(before, client.stage.do("rows")) == effect


def test_a_change_of_a_text_is_not_done_twice(client: Client) -> None:
    """PUT names the version it was made from; a text that is there already is no change."""
    _path, page = client.page("# First\n")
    for turn in range(max(1, LOST // 20)):
        etag = client.send("GET", f"{HERE}/pages/{page}/text", "")[1]["etag"]
        before = client.stage.do("rows")
        changed = f"# Changed {turn}\n"
        kind = {"Content_Type": "text/markdown", "If_Match": etag}
        client.loses("PUT", f"{HERE}/pages/{page}/text", changed, **kind)
        status, _headers, told = client.send("PUT", f"{HERE}/pages/{page}/text", changed, **kind)
        assert status == 200, told
        assert _difference(before, client.stage.do("rows")) == {"Activity": 1, "Version": 1, "Change": 1}
        now = client.send("GET", f"{HERE}/pages/{page}/text", "")
        assert now[2] == changed.encode()


def test_a_mutation_is_not_done_twice(client: Client) -> None:
    """GraphQL knows no key: a path that is taken and a version that is old say that it was done."""
    for _ in range(max(1, LOST // 20)):
        path = f"graph-{n()}.md"
        query = 'mutation { createPage(hub: "cohort", path: "%s", text: "x") { errors { code } } }' % path  # noqa: UP031
        before = client.stage.do("rows")
        client.loses("POST", "/graphql", {"query": query})
        told = client.send("POST", "/graphql", {"query": query})[2]
        assert told["data"]["createPage"]["errors"] == [{"code": "path_taken"}]
        assert _difference(before, client.stage.do("rows"))["Page"] == 1


def test_the_python_client_sends_again_what_has_a_key_and_nothing_else(client: Client) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    with Nexus(f"http://127.0.0.1:{client.proxy.port}", token=token) as nexus:
        hub = nexus.hub("cohort")
        before = client.stage.do("rows")
        client.proxy.lose = 2
        page = hub.pages.create("by-client.md", "# One\n")
        assert client.proxy.lose == 0
        assert _difference(before, client.stage.do("rows"))["Page"] == 1
        client.proxy.lose = 1
        with pytest.raises(Unreachable):
            page.edit("# Two\n")
        assert hub.pages.at("by-client.md").text() == "# Two\n", "it was done; whoever reads it sees so"
