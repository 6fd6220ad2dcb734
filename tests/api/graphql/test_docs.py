"""Each example of docs/graphql.md runs, in order, and answers what stands below it."""

import json
import re
from pathlib import Path

from nexus.api.graphql import limits, requests
from nexus.api.graphql.nouns import pages
from nexus.hubs.following import nudge
from nexus.pages import actions

TEXT = (Path(__file__).parents[3] / "docs" / "graphql.md").read_text("utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```(?:\n\n```json\n(.*?)```)?", TEXT, re.DOTALL)
WEEK = """# Week 1

## Challenges

- **Challenge:** The build hung. **Solution:** A smaller context.
"""


def versions_in(data):
    """Every versionId of an answer."""
    if isinstance(data, dict):
        own = [data["versionId"]] if "versionId" in data else []
        return own + [v for part in data.values() for v in versions_in(part)]
    return [v for part in data for v in versions_in(part)] if isinstance(data, list) else []


def test_every_example_runs(ask, cast, hub):
    actions.create_page(cast.lea, "cohort", "lea/week-1.md", WEEK.encode())
    nudge(hub.pk)
    base, compared = "", 0
    for query, answer in EXAMPLES:
        said = ask(query, "lea", **({"base": base} if "$base" in query else {}))
        base = next(iter(versions_in(said)), base)
        for payload in said.values():
            if isinstance(payload, dict) and "errors" in payload and not answer:
                assert payload["errors"] == [], query
        if answer:
            compared += 1
            assert said == json.loads(answer), query
    assert (len(EXAMPLES), compared) == (8, 4)


def test_the_limits_are_those_of_the_code():
    said = TEXT.partition("## Limits")[2]
    for number in (
        f"{limits.MAX_CHARACTERS:,} characters", f"{limits.MAX_TOKENS:,} tokens", f"{limits.MAX_DEPTH} levels",
        f"{limits.MAX_COST:,} values", f"{limits.MAX_READS} reads", f"{limits.MAX_STEPS:,} selections",
        f"{limits.MAX_INTROSPECTION} questions", f"{limits.MAX_REPEATS} fields", f"{limits.MAX_MUTATIONS} in a request",
        f"{limits.MAX_ALIASES}, {limits.MAX_DIRECTIVES}, {limits.MAX_FRAGMENTS}",
        f"{pages.MAX_TEXT // 1_000_000} MB together",
        f"{requests.MAX_BODY / 1_000_000} MB",
    ):  # fmt: skip
        assert number in said, number
