"""What people ask of a server while something it stands on is away: each kind of reading and writing, by each door."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.live.deeds import PASSWORD
from tests.live.stage import Stage
from tests.ops.serving import PATIENCE
from tests.security.every_door import CSRF, Door

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
JSON = {"Content_Type": "application/json"}
HERE = "/api/v1/hubs/cohort"


class Got(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Demands:
    """Alice, by token and by session, in her public hub `cohort`; and somebody who is nobody."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.do("hub", "cohort", "public", {"alice": "owner"})
        stage.do("page", "cohort", "README.md", "# Here\n")
        stage.do("page", "cohort", "form.md", "# Form\n")
        self.program, self.browser = (Door(stage, "alice", shows) for shows in ("access", "session"))
        #: Paths of pages whose saving was acknowledged.
        self.acknowledged: list[str] = []
        self._numbers = itertools.count()

    def ask(
        self, who: Door | None, path: str, method: str = "GET", body: str | bytes | None = None, **more: str
    ) -> Got:
        headers = {**(who.headers if who else {}), **more}
        if method != "GET" and who and who.session:
            headers["Origin"] = f"http://127.0.0.1:{self.stage.port}"
        return Got(*self.stage.ask(path, method, body, **headers))

    def reads(self) -> dict[str, Got]:
        """Everybody's reading; `X-Ask` keeps nothing from being made anew."""
        n = next(self._numbers)
        query = json.dumps({"query": '{ hub(slug: "cohort") { title pages { path text } } }'})
        return self._together(
            {
                "page of a program": (self.program, f"{HERE}/pages?limit={n % 100 + 1}"),
                "page of a browser": (self.browser, f"/cohort/pages/README.md?{n}"),
                "start of a browser": (self.browser, f"/?{n}"),
                "hub of nobody": (None, f"/cohort/?{n}"),
                "search of a browser": (self.browser, f"/search?q=here+{n}"),
                "search of a program": (self.program, f"/api/v1/search?q=here+{n}"),
                "graphql": (self.program, "/graphql", "POST", query, JSON),
            }
        )

    def writes(self) -> dict[str, Got]:
        """Saving and signing in; what was acknowledged is remembered."""
        n = next(self._numbers)
        rest, graph = f"rest-{n}.md", f"graphql-{n}.md"
        create = f'mutation {{ createPage(hub: "cohort", path: "{graph}", text: "{n}") {{ errors {{ code }} }} }}'
        signs = {"username": "alice", "password": PASSWORD}
        form = f"csrfmiddlewaretoken={CSRF}"
        found = self._together(
            {
                "rest": (
                    self.program, f"{HERE}/pages", "POST", json.dumps({"path": rest, "text": str(n)}), JSON,
                ),
                "graphql": (self.program, "/graphql", "POST", json.dumps({"query": create}), JSON),
                "form": (
                    self.browser, f"/cohort/edit/form-{n}.md", "POST", f"{form}&base=&message=&text=typed-{n}", FORM,
                ),
                "sign in of a program": (None, "/api/v1/auth/token", "POST", json.dumps(signs), JSON),
            }
        )  # fmt: skip
        if found["rest"].status == 201:
            self.acknowledged.append(rest)
        if found["graphql"].status == 200 and b'"errors":[]' in found["graphql"].body:
            self.acknowledged.append(graph)
        if found["form"].status == 302:
            self.acknowledged.append(f"form-{n}.md")
        return found

    def is_well(self) -> bool:
        """Whether everything is done as ever."""
        read, written = self.reads(), self.writes()
        return {each.status for each in read.values()} == {200} and (
            {name: each.status for name, each in written.items()}
            == {"rest": 201, "graphql": 200, "form": 302, "sign in of a program": 200}
        )

    def nothing_is_lost(self) -> None:
        """Every page whose saving was acknowledged is there, once."""
        paths: list[str] = []
        address = f"{HERE}/pages?limit=100"
        while address:
            got = self.ask(self.program, address)
            assert got.status == 200, got
            told = json.loads(got.body)
            paths += [page["path"] for page in told["results"]]
            address = f"{HERE}/pages?limit=100&cursor={told['next']}" if told["next"] else ""
        assert len(paths) == len(set(paths))
        assert set(self.acknowledged) <= set(paths), "an acknowledged page is lost"

    def _together(self, asked: dict[str, tuple]) -> dict[str, Got]:
        def one(
            who: Door | None, path: str, method: str = "GET", body: str | None = None, more: dict | None = None
        ) -> Got:
            return self.ask(who, path, method, body, **(more or {}))

        with ThreadPoolExecutor(len(asked)) as pool:
            begun = {name: pool.submit(one, *each) for name, each in asked.items()}
            return {name: each.result(PATIENCE) for name, each in begun.items()}


def is_told(name: str, got: Got) -> None:
    """Asserts that an answer says that it could not be done, and what to do, and nothing of what is behind."""
    assert got.status == 503, (name, got)
    assert int(got.headers["retry-after"]) > 0, name
    assert b"ry again in a moment" in got.body, (name, got.body)
    assert b"psycopg" not in got.body
    assert b"127.0.0.1:" not in got.body
