"""Entries from every shape learners write them in. All texts here are made up."""

import pytest

from nexus.markdown import Entry, parse


def titles(text: str, kind: str) -> list[str]:
    return [entry.title for entry in parse(text).entries if entry.kind == kind]


def challenge(text: str) -> Entry:
    (found,) = (entry for entry in parse(text).entries if entry.kind == "challenge")
    return found


HEADINGS = [
    "## Technologies",
    "## 🛠️ 3. Tools We Relied On",
    "**Key Technologies Covered**",
    "Technologies covered\n--------------------",
    "Tech Stack",
    "#Technologies#",
]


class TestTechnologies:
    @pytest.mark.parametrize("heading", HEADINGS)
    def test_under_any_kind_of_heading(self, heading: str) -> None:
        assert titles(f"Intro words.\n\n{heading}\n\n- Rust\n- Nginx\n", "technology") == ["Rust", "Nginx"]

    @pytest.mark.parametrize(
        ("lines", "names"),
        [
            ("- **Rust**: a language I grew to like.\n- **Nginx** - serves files", ["Rust", "Nginx"]),
            ("- **Rust:** a language\n- **Nginx** (web server)", ["Rust", "Nginx"]),
            ("- Rust: a language I like.\n- Nginx – serves files fast", ["Rust", "Nginx"]),
            ("Rust: taught me to own things.\nNginx: served the files.", ["Rust", "Nginx"]),
            ("- Rust & Nginx\n- Swagger / OpenAPI", ["Rust", "Nginx", "Swagger", "OpenAPI"]),
            ("- **Languages:** Rust, Go (1.22)\n- **Servers:** Nginx and HAProxy", ["Rust", "Go", "Nginx", "HAProxy"]),
            ("### Languages\n- Rust\n- Go\n\n### Delivery\n- CI/CD\n", ["Rust", "Go", "CI/CD"]),
            ("### Rust\n- Owned every value\n- Fought the checker\n\n### Nginx\nServed it all.", ["Rust", "Nginx"]),
            ("- **Languages**\n  - Rust\n  - Go\n", ["Rust", "Go"]),
            ("- Rust\n  - owned every value\n  - fought the checker\n", ["Rust"]),
            ("Rust, Go, Nginx and CI/CD", ["Rust", "Go", "Nginx", "CI/CD"]),
            (
                "| Technology | Purpose |\n|---|---|\n| Rust | speed |\n| Nginx + Redis | files |",
                ["Rust", "Nginx", "Redis"],
            ),
            ("| Category | Tools |\n|---|---|\n| Servers | Nginx, Gunicorn |", ["Nginx", "Gunicorn"]),
            (
                "- **Monitoring tools**: watched memory with Prometheus and drew it in Grafana",
                ["Prometheus", "Grafana"],
            ),
            (
                "- GraphQL (Graphene)\n- Django REST Framework (DRF)\n- Python 3.12",
                ["GraphQL", "Graphene", "Django REST Framework", "Python"],
            ),
            ("- Redis for caching - the fastest win of all\n- I learned a lot here", ["Redis"]),
            ("• Rust\n• Nginx", ["Rust", "Nginx"]),
            ("- **FooBarDB**: a database nobody else knows", ["FooBarDB"]),
            ("- **System Design & Analysis**: drawing boxes", ["System Design & Analysis"]),
            ("![Rust](https://img.example/rust.svg) ![Nginx](x.svg)\n![build passing](y.svg)", ["Rust", "Nginx"]),
            (
                "- **Rust**: the language of the core, and much more:\n  - **Ownership**: hard\n  - **Traits**: nice",
                ["Rust"],
            ),
            ("- [TBD]\n- Will be updated\n- ...", []),
        ],
    )
    def test_in_any_form(self, lines: str, names: list[str]) -> None:
        assert titles(f"# Doc\n\n## Technologies\n\n{lines}\n\n## Next steps\n\n- Docker\n", "technology") == names

    def test_a_name_is_listed_once_as_first_spelled(self) -> None:
        assert titles(
            "## Tools\n\n- DRF\n- Django REST Framework\n\n## Tech stack\n\n- djangorestframework\n", "technology"
        ) == ["DRF"]

    def test_topics_join_the_spellings(self) -> None:
        (entry,) = parse("## Tools\n\n- DRF\n").entries
        assert entry.topics == ("django-rest-framework",)


class TestConcepts:
    @pytest.mark.parametrize(
        ("lines", "names"),
        [
            (
                "- **Idempotent writes**: retry without fear.\n- **Back-pressure** - say no early",
                ["Idempotent writes", "Back-pressure"],
            ),
            (
                "### Idempotent writes\n- keys\n- retries\n\n### Back-pressure\n- queues",
                ["Idempotent writes", "Back-pressure"],
            ),
            ("1. Idempotent writes.\n2. Back-pressure.", ["Idempotent writes", "Back-pressure"]),
            ("- Design & analysis of queues", ["Design & analysis of queues"]),
            (
                "A. Idempotent writes\n\nRetry without fear.\n\nB. Back-pressure\n\nSay no early.",
                ["Idempotent writes", "Back-pressure"],
            ),
            ("- Caching (e.g. Redis, Memcached)", ["Caching"]),
        ],
    )
    def test_in_any_form(self, lines: str, names: list[str]) -> None:
        assert titles(f"# Doc\n\n## Key Concepts\n\n{lines}\n", "concept") == names

    def test_products_among_them_are_technologies(self) -> None:
        text = "## Core concepts\n\n- **Redis**: fast\n- **Caching**: faster\n"
        assert (titles(text, "technology"), titles(text, "concept")) == (["Redis"], ["Caching"])

    def test_the_nature_of_a_name_decides_in_a_mixed_chapter(self) -> None:
        text = "# Doc\n\n## What I learned\n\n### Data\n\n- **Postgres**: joins\n- **Isolation levels**: surprises\n"
        assert (titles(text, "technology"), titles(text, "concept")) == (["Postgres"], ["Isolation levels"])

    def test_the_documents_own_title_is_no_chapter(self) -> None:
        assert (
            parse("# My Learnings\n\n## Overview\n\n- **Redis**: fast\n\n## Conclusion\n\nIt was good.\n").entries == ()
        )


PROBLEM, REMEDY = "Uploads of large videos timed out", "Sent them in parts straight to storage"


class TestChallenges:
    @pytest.mark.parametrize(
        ("lines", "reason"),
        [
            (f"- **Challenge:** {PROBLEM}\n  - **Solution:** {REMEDY}", "label-pair"),
            (f"- **Challenge**: {PROBLEM}\n- **Solution**: {REMEDY}", "label-pair"),
            (f"* Challenge: {PROBLEM}\nSolution: {REMEDY}", "label-pair"),
            (f"Challenge 1: {PROBLEM}\n\nSolution: {REMEDY}", "label-pair"),
            (f"Problem: {PROBLEM}. Solution: {REMEDY}", "label-pair"),
            (f"**Problem:**\n\n{PROBLEM}\n\n**Solution:**\n\n{REMEDY}", "label-pair"),
            (f"- *Issue*: {PROBLEM}\n  *Fix*: {REMEDY}", "label-pair"),
            (f"| Challenge | Solution |\n|---|---|\n| {PROBLEM} | {REMEDY} |", "table-row"),
            (f"| # | Problem faced | How I solved it |\n|---|---|---|\n| 1 | {PROBLEM} | {REMEDY} |", "table-row"),
            (f"Challenge\tSolution\n1.{PROBLEM}\t{REMEDY}", "table-row"),
            (f"### {PROBLEM}\n\n**Solution:** {REMEDY}", "sub-heading"),
            (f"### Challenge 1: {PROBLEM}\n\n{REMEDY.replace('Sent', 'I solved it and sent')}", "sub-heading"),
            (
                f"### Slow uploads\n\n- **Problem**: {PROBLEM}\n- **Solution**: {REMEDY}\n- **Result**: happy people",
                "sub-heading",
            ),
            (f"- **Slow uploads**: {PROBLEM}. Solved by sending them in parts straight to storage", "lead-and-remedy"),
            (f"- **{PROBLEM}**: Implemented sending them in parts straight to storage", "lead-and-remedy"),
            (f"- {PROBLEM} → {REMEDY}", "lead-and-remedy"),
            (f"- {PROBLEM} again and again on phones. I fixed it: {REMEDY}", "listed-sentence"),
            (f"{PROBLEM} and nobody in the team had seen it before. I fixed it: {REMEDY.lower()}.", "story"),
        ],
    )
    def test_in_any_form(self, lines: str, reason: str) -> None:
        entry = challenge(
            f"# Doc\n\n## Challenges and how I solved them\n\n{lines}\n\n## Best practices\n\n- Write tests\n"
        )
        assert entry.reason == reason
        assert "videos timed out" in (entry.problem or "")
        assert "in parts straight to storage" in (entry.solution or "")
        assert "happy people" not in f"{entry.problem} {entry.solution}"

    def test_a_heading_and_a_problem_are_title_and_problem(self) -> None:
        entry = challenge(
            f"## Challenges\n\n### Challenge 2: Slow uploads\n\n- Description: {PROBLEM}\n- Solution: {REMEDY}\n"
        )
        assert (entry.title, entry.problem, entry.solution) == ("Slow uploads", PROBLEM, REMEDY)

    def test_bullets_of_a_solution_are_joined(self) -> None:
        entry = challenge(
            f"## Challenges\n\n### Slow uploads\n\n**Problem:** {PROBLEM}\n\n**Solution:**\n\n"
            "- Parts\n- Direct storage\n"
        )
        assert entry.solution == "Parts\nDirect storage"

    @pytest.mark.parametrize("label", ["Cause", "Root cause", "Reason", "Why"])
    def test_a_cause_is_told_apart(self, label: str) -> None:
        entry = challenge(
            f"## Challenges\n\n- Challenge: {PROBLEM}\n  - {label}: The proxy buffers\n  - Solution: {REMEDY}\n"
        )
        assert (entry.problem, entry.cause, entry.solution) == (PROBLEM, "The proxy buffers", REMEDY)

    def test_a_table_may_have_a_cause(self) -> None:
        entry = challenge(
            f"## Challenges\n\n| Problem | Root cause | Fix |\n|-|-|-|\n| {PROBLEM} | buffering | {REMEDY} |\n"
        )
        assert (entry.problem, entry.cause, entry.solution) == (PROBLEM, "buffering", REMEDY)

    def test_two_lists_are_paired_by_their_words(self) -> None:
        text = (
            "## Challenges faced\n\n- Videos timed out\n- Tests were flaky\n\n## Solutions\n\n"
            "- Ran the flaky tests alone\n- Split the videos\n"
        )
        found = {e.problem: (e.solution, e.reason) for e in parse(text).entries}
        assert found == {
            "Videos timed out": ("Split the videos", "separate-lists"),
            "Tests were flaky": ("Ran the flaky tests alone", "separate-lists"),
        }

    def test_without_a_solution_it_is_less_sure(self) -> None:
        entry = challenge("## Challenges\n\n- Keeping up with everything\n")
        assert entry.solution is None
        assert entry.confidence <= 0.6

    @pytest.mark.parametrize(
        ("below", "error"),
        [
            (
                "```\nTraceback (most recent call last):\nKeyError: 'x'\n```",
                "Traceback (most recent call last):\nKeyError: 'x'",
            ),
            (
                "```sh\nmake: *** [all] Error 2\nfatal: not a repository\n```",
                "make: *** [all] Error 2\nfatal: not a repository",
            ),
            ("```python\nx = 1\n```", None),
        ],
    )
    def test_a_quoted_error_is_kept_as_written(self, below: str, error: str | None) -> None:
        assert challenge(f"## Challenges\n\n### It broke\n\n{below}\n\nSolution: repaired it\n").error_text == error

    def test_an_error_in_the_sentence_counts_too(self) -> None:
        assert (
            challenge('## Challenges\n\n- Challenge: saw "connection refused by host" at noon\n').error_text
            == "connection refused by host"
        )
        assert (
            challenge("## Challenges\n\n- Challenge: IntegrityError: duplicate key on save\n").error_text
            == "IntegrityError: duplicate key on save"
        )

    def test_a_labelled_pair_counts_outside_its_chapter(self) -> None:
        assert challenge(f"# Diary\n\nChallenge: {PROBLEM}. Solution: {REMEDY}.\n").confidence == 0.8

    def test_its_span_holds_problem_and_solution(self) -> None:
        text = f"## Challenges\r\n\r\n- Challenge: {PROBLEM} é\r\n  - Solution: {REMEDY}\r\n\r\nAfter.\r\n"
        entry = challenge(text)
        passage = text.encode()[entry.start : entry.end].decode()
        assert passage == f"- Challenge: {PROBLEM} é\r\n  - Solution: {REMEDY}"


class TestPractices:
    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ("- **Test early**: it pays.\n- Name things well.", ["Test early", "Name things well"]),
            ("### Code\n- Name things well\n\n### Team\n- Ask early", ["Name things well", "Ask early"]),
            ("- **Takeaway**: Small steps win.", ["Small steps win"]),
            ("1. Ask early\n2. Ask often", ["Ask early", "Ask often"]),
            ("- 12-factor apps win\n- Ask early", ["12-factor apps win", "Ask early"]),
            (
                "Ask early, ask often.\n\nWrite it down right away.",
                ["Ask early, ask often", "Write it down right away"],
            ),
        ],
    )
    @pytest.mark.parametrize(
        "heading", ["Best Practices", "💡 Personal Takeaways", "Lessons learned", "What I would do differently"]
    )
    def test_in_any_form(self, heading: str, lines: str, said: list[str]) -> None:
        assert titles(f"# Doc\n\n## {heading}\n\n{lines}\n", "practice") == said


def test_projects() -> None:
    assert titles("# D\n\n## Project Highlights\n\n- **Chat server**: sockets\n- **Shop**: carts\n", "project") == [
        "Chat server",
        "Shop",
    ]
    assert titles("# D\n\n## Case Study: A library for loans\n\nText.\n", "project") == ["A library for loans"]


APP = """# Shop

A shop.

## Features

- **Carts**: add and remove
- **JWT login**

## Installation

1. Clone the repository
2. `pip install -r requirements.txt`

## API endpoints

| Method | Path |
|---|---|
| GET | /items |

## Project structure

- `shop/` - code

## Contributing

- Fork it
"""


def test_an_applications_readme_gives_no_false_finds() -> None:
    assert parse(APP).entries == ()


def test_chapters_end_where_another_part_begins() -> None:
    text = (
        "# D\n\n## Technologies\n\n- Rust\n\n## Collaboration\n\n- **Peers**: helped\n\n## Author\n\n- **Somebody**\n"
    )
    assert [entry.title for entry in parse(text).entries] == ["Rust"]


def test_everything_below_an_umbrella_keeps_its_own_part() -> None:
    text = (
        "# D\n\n## Major Learnings\n\n### Technologies\n\n- Rust\n\n### Concepts\n\n- Ownership\n\n"
        "### Challenges\n\n- Challenge: a b c\n\n### Takeaways\n\n- Rest\n"
    )
    assert [(e.kind, e.title) for e in parse(text).entries] == [
        ("technology", "Rust"),
        ("concept", "Ownership"),
        ("challenge", "a b c"),
        ("practice", "Rest"),
    ]


def test_bare_headings_after_a_contents_list() -> None:
    text = (
        "Contents\n\nKey technologies\n\nBest practices\n\nHow to push\n\n1. Key technologies\n\nRust: fast\n\n"
        "2. Best practices\n\nAsk early and often.\n"
    )
    found = [(e.kind, e.title) for e in parse(text).entries]
    assert found == [("technology", "Rust"), ("practice", "Ask early and often")]


def test_a_note_without_chapters_has_no_entries() -> None:
    assert parse("# List files\n\nUse `ls`.\n\n```bash\n$ ls\n```\n").entries == ()
