"""R9: eight writers edit one page at once, by three doors: every edit is stored, or its writer is told of both versions."""

import json
import os
import re
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from tests.faults.demands import FORM, HERE, JSON
from tests.live.stage import Stage
from tests.security.every_door import CSRF, Door

pytestmark = pytest.mark.faults

#: The figure is 200 of each of them.
EDITS = int(os.environ.get("NEXUS_TEST_EDITS", "12"))
#: Edits that a writer may find stale one after the other, before somebody must have starved.
ATTEMPTS = 2_000
MEMBERS = {"alice": "owner", "mona": "mentor", "lea": "learner", "leo": "learner"}
EDIT = """mutation($text: String!, $base: ID!) {
  editPage(hub: "cohort", path: "race.md", text: $text, base: $base) { errors { code current base } } }"""


class Writer:
    """Somebody who adds lines at the end of the page, by one door, and notes what they were told."""

    def __init__(self, stage: Stage, page: str, name: str, door: str) -> None:
        self.stage, self.name, self.door = stage, f"{name}-{door}", door
        self.text_at = f"{HERE}/pages/{page}/text"
        self.who = Door(stage, name, "session" if door == "web" else "access")
        self.acknowledged: list[str] = []
        self.refused = 0

    def write(self) -> None:
        for number in range(EDITS):
            line = f"{self.name} {number}\n"
            for _ in range(ATTEMPTS):
                if getattr(self, f"by_{self.door}")(line):
                    self.acknowledged.append(line)
                    break
                self.refused += 1
            else:
                raise AssertionError(f"{self.name} starved")

    def by_rest(self, line: str) -> bool:
        _status, headers, text = self.stage.ask(self.text_at, **self.who.headers)
        etag, new = headers["etag"].removeprefix("W/"), text + line.encode()
        status, _, said = self.stage.ask(self.text_at, "PUT", new, If_Match=etag, **self.who.headers, **JSON_TEXT)
        if status == 412:
            told = json.loads(said)
            assert (told["code"], told["base"]) == ("stale_version", etag.strip('"'))
            assert told["current"] != told["base"]
        return self.is_done(status, 200, 412)

    def by_graphql(self, line: str) -> bool:
        query = '{ page(hub: "cohort", path: "race.md") { text versionId } }'
        page = json.loads(self.graphql(query))["data"]["page"]
        told = json.loads(self.graphql(EDIT, text=page["text"] + line, base=page["versionId"]))
        errors = told["data"]["editPage"]["errors"]
        for each in errors:
            assert (each["code"], each["base"]) == ("stale_version", page["versionId"])
            assert each["current"] not in (None, each["base"])
        return not errors

    def graphql(self, query: str, **variables: str) -> bytes:
        body = json.dumps({"query": query, "variables": variables})
        status, _, said = self.stage.ask("/graphql", "POST", body, **self.who.headers, **JSON)
        assert status == 200, said
        return said

    def by_web(self, line: str) -> bool:
        status, page = self.who.ask("/cohort/edit/race.md")
        assert status == 200, page
        shown = page.decode()
        base = re.findall(r'name="base" value="([^"]+)"', shown)[0]
        text = unescape(re.findall(r"<textarea[^>]*>\n?(.*?)</textarea>", shown, re.DOTALL)[0])
        sent = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": CSRF, "base": base, "message": "", "text": text.replace("\r\n", "\n") + line}
        )
        status, said = self.who.ask("/cohort/edit/race.md", "POST", sent, **FORM)
        if status == 409:  # both sides stand between marks, and what is the newest version is named
            assert f"{line}&gt;&gt;&gt;&gt;&gt;&gt;&gt;" in said.decode()
            assert base not in re.findall(r'name="base" value="([^"]+)"', said.decode())
        return self.is_done(status, 302, 409)

    @staticmethod
    def is_done(status: int, done: int, stale: int) -> bool:
        assert status in (done, stale), status
        return status == done


JSON_TEXT = {"Content_Type": "text/markdown"}


def test_no_edit_is_lost_between_the_doors(start_stage: Callable[..., Stage]) -> None:
    stage = start_stage(NEXUS_RATE_SIGNED_IN="1000000", NEXUS_THREADS="8")
    stage.do("hub", "cohort", "private", MEMBERS)
    stage.do("page", "cohort", "race.md", "# Race\n")
    page = stage.do("page_id", "cohort", "race.md")
    doors = ("rest", "graphql", "web", "rest", "graphql", "web", "rest", "graphql")
    names = [*MEMBERS, *MEMBERS]
    writers = [Writer(stage, page, name, door) for name, door in zip(names, doors, strict=True)]
    assert len({writer.name for writer in writers}) == len(writers)
    with ThreadPoolExecutor(len(writers)) as pool:
        for done in [pool.submit(writer.write) for writer in writers]:
            done.result()
    lines = stage.ask(writers[0].text_at, **writers[0].who.headers)[2].decode().splitlines(keepends=True)
    acknowledged = [line for writer in writers for line in writer.acknowledged]
    assert len(acknowledged) == EDITS * len(writers)
    assert sorted(lines[1:]) == sorted(acknowledged)
    by_door = {door: sum(each.refused for each in writers if each.door == door) for door in set(doors)}
    print(f"{len(acknowledged)} edits stored, told to be stale: {by_door}")
    assert all(by_door.values()), "nobody was in anybody's way"
    versions = json.loads(stage.ask(f"{HERE}/pages/{page}/versions?limit=1", **writers[0].who.headers)[2])["results"]
    assert versions[0]["number"] == len(acknowledged) + 1
