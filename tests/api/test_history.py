"""Differences, blame and the trash say the same through REST, GraphQL and the command line, with the same codes."""

import json

import pytest
from tests.api.graphql.conftest import ask, post  # noqa: F401  fixtures
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from typer.testing import CliRunner

from nexus.ops.cli.commands import tree
from nexus.pages import actions
from nexus.pages.models import Change, Page

ONE = b"# Notes\n\nThe slow query took 3 s.\n\nLast line.\n"
TWO = b"# Notes\n\nThe quick query took 3 s.\n\nLast line.\n\nMore.\n"


@pytest.fixture
def page(cast, hub) -> Page:
    actions.create_page(cast.lea, "cohort", "a.md", ONE, message="First words")
    actions.edit_page(cast.leo, "cohort", "a.md", TWO, base=Page.objects.get(hub=hub).head_id)
    actions.move_page(cast.mona, "cohort", "a.md", "b.md")
    return Page.objects.get(hub=hub)


def nexus(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(tree([]), words)
    assert result.exit_code == code, result.output
    return result.output


def shape(difference) -> list[tuple]:
    marks = lambda pieces: "".join(f"[{p['text']}]" for p in pieces if p.get("is_marked", p.get("isMarked")))  # noqa: E731
    return [
        (row["what"], row["old"], row["new"], marks(row["before"]), marks(row["after"]))
        for hunk in difference["hunks"]
        for row in hunk["rows"]
    ]


EXPECTED = [
    ("same", 1, 1, "", ""), ("same", 2, 2, "", ""), ("changed", 3, 3, "[slow]", "[quick]"), ("same", 4, 4, "", ""),
    ("same", 5, 5, "", ""), ("added", None, 6, "", ""), ("added", None, 7, "", ""),
]  # fmt: skip


def test_a_difference_is_the_same_through_every_door(api, ask, page):  # noqa: F811
    told = api("gus").get(f"hubs/cohort/pages/{page.pk}/versions/2/difference")
    assert (told["added"], told["removed"], told["is_cut"]) == (3, 1, False)
    assert shape(told) == EXPECTED
    query = """query($since: Int, $number: Int) { difference(hub: "cohort", path: "a.md", number: $number, since: $since) {
        added removed isCut hunks { rows { what old new before { text isMarked } after { text isMarked } } } } }"""
    assert shape(ask(query, "gus", number=2)["difference"]) == EXPECTED
    assert shape(ask(query, "gus", number=3, since=1)["difference"]) == EXPECTED
    assert ask(query, "gus")["difference"]["hunks"] == []
    assert ask(query, "gus", number=1, since=0)["difference"]["added"] == 5
    assert ask(query, "gus", number=9)["difference"] is None
    since = api("gus").get(f"hubs/cohort/pages/{page.pk}/versions/3/difference", since="1")
    assert shape(since) == EXPECTED
    said = nexus("page", "diff", "cohort", "b.md", "--from", "1", "--to", "2", "--as", "gus")
    assert "-The slow query took 3 s.\n+The quick query took 3 s.\n" in said
    assert said.startswith("--- a.md (version 1)\n+++ a.md (version 2)\n@@ -1,5 +1,7 @@\n")


def test_blame_is_the_same_through_every_door(api, ask, page):  # noqa: F811
    expected = [(1, "lea", 2), (3, "leo", 1), (4, "lea", 2), (6, "leo", 2)]
    told = api("gus").get(f"hubs/cohort/pages/{page.pk}/versions/3/blame")
    assert told["is_whole"]
    assert [(p["first"], p["change"]["author"]["handle"], len(p["lines"])) for p in told["passages"]] == expected
    query = """query($number: Int) { blame(hub: "cohort", path: "b.md", number: $number) { isWhole passages { first lines
        version { number change { author { handle } } } } } }"""
    passages = ask(query, "gus")["blame"]["passages"]
    assert [
        (p["first"], p["version"]["change"]["author"]["handle"], len(p["lines"])) for p in passages
    ] == expected  # fmt: skip
    assert "".join(line for p in passages for line in p["lines"]).encode() == TWO
    assert len(ask(query, "gus", number=1)["blame"]["passages"]) == 1
    lines = [json.loads(line) for line in nexus("page", "blame", "cohort", "b.md", "--json").splitlines()]
    assert [line["author"] for line in lines] == ["Lea", "Lea", "Leo", "Lea", "Lea", "Leo", "Leo"]
    assert nexus("page", "blame", "cohort", "b.md", "--version", "1").count("Lea") == 5


def test_what_is_no_text_has_the_same_code_everywhere(api, post, cast, hub):  # noqa: F811
    actions.create_page(cast.lea, "cohort", "x.bin", b"\xff\xfe\x00")
    page = Page.objects.get(hub=hub)
    for what in ("difference", "blame"):
        api("gus").refused(400, "no_text", "GET", f"hubs/cohort/pages/{page.pk}/versions/1/{what}")
        field = "added" if what == "difference" else "isWhole"
        told = post({"query": f'{{ {what}(hub: "cohort", path: "x.bin") {{ {field} }} }}'}, "gus").json()
        assert told["errors"][0]["extensions"]["code"] == "no_text"
        nexus("page", what.removesuffix("erence"), "cohort", "x.bin", code=1)


def test_the_trash_is_the_same_through_every_door(api, ask, cast, page):  # noqa: F811
    for n in range(30):
        actions.create_page(cast.lea, "cohort", f"n/{n}.md", b"x")
    change = actions.delete_page(cast.lea, "cohort", "n")
    actions.delete_page(cast.mona, "cohort", "b.md")
    first = api("gus").get("hubs/cohort/trash", limit="20")
    rest = api("gus").get("hubs/cohort/trash", limit="20", cursor=first["next"])
    rows = first["results"] + rest["results"]
    assert (len(rows), rest["next"], rows[0]["path"]) == (31, None, "b.md")
    assert all(row["is_deleted"] for row in rows)
    assert len({row["id"] for row in rows}) == 31
    query = """query($after: String) { trash(hub: "cohort", first: 20, after: $after) { pageInfo { endCursor hasNextPage }
        nodes { path isDeletion change { number author { handle } } } } }"""
    told = ask(query, "gus")["trash"]
    assert told["nodes"][0] == {
        "path": "b.md", "isDeletion": True, "change": {"number": change.seq + 1, "author": {"handle": "mona"}}
    }  # fmt: skip
    more = ask(query, "gus", after=told["pageInfo"]["endCursor"])["trash"]
    assert len(told["nodes"]) + len(more["nodes"]) == 31
    assert not more["pageInfo"]["hasNextPage"]
    printed = [json.loads(line) for line in nexus("page", "trash", "cohort", "--json").splitlines()]
    assert {row["path"] for row in printed} == {row["path"] for row in rows}
    api("mona").post(f"hubs/cohort/pages/{page.pk}/restore", {}, status=200)
    assert len(api("gus").get("hubs/cohort/trash", limit="100")["results"]) == 30


def test_changes_are_narrowed_alike_through_every_door(api, ask, post, cast, page):  # noqa: F811
    actions.create_page(cast.lea, "cohort", "other/x.md", b"x", message="elsewhere")
    query = 'query($path: String) { changes(hub: "cohort", path: $path) { nodes { number } } }'
    for path, count in (("b.md", 3), ("a.md", 3), ("other", 1), ("nothing", 0), ("", 4)):
        rest = [
            row["seq"] for row in api("gus").get("hubs/cohort/changes", **({"path": path} if path else {}))["results"]
        ]
        assert len(rest) == count, path
        assert [row["number"] for row in ask(query, "gus", path=path)["changes"]["nodes"]] == rest
        printed = nexus("change", "list", "cohort", "--path", path, "--json", "--as", "gus").splitlines()
        assert [json.loads(line)["change"] for line in printed] == rest
    told = post({"query": '{ changes(path: "x") { nodes { number } } }'}, "gus").json()
    assert told["errors"][0]["extensions"]["code"] == "invalid"
    assert "elsewhere" in nexus("change", "list", "cohort", "--person", "lea")
    assert "elsewhere" not in nexus("change", "list", "cohort", "--person", "leo")


@pytest.mark.parametrize("count", [1, 30])
def test_what_it_costs(api, ask, cast, page, count, django_assert_num_queries):  # noqa: F811
    for n in range(count):
        actions.edit_page(cast.lea, "cohort", "b.md", b"%d\n" % n, base=Page.objects.get(pk=page.pk).head_id)
        actions.create_page(cast.lea, "cohort", f"n/{n}.md", b"x")
    actions.delete_page(cast.lea, "cohort", "n")
    newest = Page.objects.get(pk=page.pk).head.number
    gus = api("gus")
    for address, queries in (
        (f"pages/{page.pk}/versions/{newest}/difference", 6), (f"pages/{page.pk}/versions/{newest}/blame", 5), ("trash", 3),
    ):  # fmt: skip
        with django_assert_num_queries(queries):
            gus.get(f"hubs/cohort/{address}")


def test_taking_back_is_told_first(api, cast, page):  # noqa: F811
    seq = Change.objects.filter(author__handle="leo").get().seq
    address = f"hubs/cohort/changes/{seq}/revert"
    told = api("mona").get(address)
    assert told == {
        "is_possible": True, "total": 1, "conflicts": [], "effects": [{"was": "b.md", "path": "b.md", "is_rewritten": True}]
    }  # fmt: skip
    api("lea").refused(403, "denied", "GET", address)
    api("charlie").refused(404, "not_found", "GET", address)
    actions.edit_page(cast.lea, "cohort", "b.md", b"other\n", base=page.head_id)
    told = api("mona").get(address)
    assert not told["is_possible"]
    assert told["conflicts"] == [{"path": "b.md", "reason": "Both sides changed the same lines."}]
    api("mona").refused(409, "merge_conflict", "POST", address, {})
