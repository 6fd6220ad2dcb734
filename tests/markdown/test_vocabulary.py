"""Names, their spellings and their topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.markdown import PARSER_VERSION, parse_json_line, stylesheet, topic_name, topic_slug, topics_in, vocabulary


def test_the_vocabulary_is_worth_its_name() -> None:
    names = vocabulary._vocabulary().by_slug.values()
    assert len(names) >= 150
    for name in names:
        assert topic_slug(name.display) == name.slug
        assert topic_name(name.slug) == name.display
        assert topic_slug(name.slug) == name.slug


@pytest.mark.parametrize(
    ("spellings", "slug"),
    [
        (
            [
                "Django REST Framework",
                "DRF",
                "drf",
                "djangorestframework",
                "django-rest-framework",
                "Django REST Framework (DRF)",
            ],
            "django-rest-framework",
        ),
        (["Postgres", "PostgreSQL", "postgresql 15", "PostgreSQL 15+"], "postgresql"),
        (["Next.js", "NextJS", "nextjs", "Next.js 14", "Next JS"], "next-js"),
        (["React", "React.js", "ReactJS"], "react"),
        (["CI/CD", "CI-CD", "CI/CD pipelines", "Continuous Integration"], "ci-cd"),
        (["REST", "RESTful APIs", "REST API"], "rest-apis"),
        (["C++", "cpp"], "c-plus-plus"),
        (["C#", "csharp"], "c-sharp"),
        (["Go", "golang"], "go"),
        (["N+1", "N+1 query problem"], "n-1-queries"),
        (["Something New", "something   new", "Something-New"], "something-new"),
        (["日本語 メモ"], "日本語-メモ"),
        (["!!!", ""], "topic"),
    ],
)
def test_spellings_of_one_thing_are_one_topic(spellings: list[str], slug: str) -> None:
    assert {topic_slug(name) for name in spellings} == {slug}


@given(st.text(max_size=120))
def test_a_slug_is_its_own_slug(name: str) -> None:
    slug = topic_slug(name)
    assert 1 <= len(slug) <= vocabulary.MAX_SLUG
    assert topic_slug(slug) == slug
    assert not any(c.isspace() or c in "/?#&" for c in slug)


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("We deployed Django with Docker Compose on Render.", ["django", "docker-compose", "render"]),
        ("Render the page, then express your thanks and go home.", []),
        ("Express your thanks. Go home. Flask in hand.", []),
        ("I like Express, Go and Flask.", ["express", "go", "flask"]),
        ("Go, Rust & C are fast", ["go", "rust", "c"]),
        ("GitHub is not Git; GitHub Actions is neither.", ["github", "git", "github-actions"]),
        ("React Native is not React", ["react-native", "react"]),
        ("Uses C++, C# and c", ["c-plus-plus", "c-sharp"]),
        ("my-docker-tool, reactive, gitignore, javascripts", []),
        ("Django/Docker (K8s)", ["django", "docker", "kubernetes"]),
        ("postgres POSTGRES Postgres", ["postgresql"]),
        ("the rest is silence", []),
        ("", []),
    ],
)
def test_topics_are_found_on_word_boundaries_and_with_care(text: str, slugs: list[str]) -> None:
    assert list(topics_in(text)) == slugs


@given(st.text(max_size=200))
def test_mentions_lie_in_the_text(text: str) -> None:
    end = 0
    for name, start, stop in vocabulary.mentions(text):
        assert end <= start < stop <= len(text)
        assert topic_slug(name.display) == name.slug
        end = stop


def test_the_parsers_version_names_the_vocabulary() -> None:
    assert PARSER_VERSION.endswith(vocabulary.version())
    assert len(PARSER_VERSION) < 32


def test_a_json_line_has_the_documented_form() -> None:
    line = parse_json_line("docs/my notes.md", "Text [a](b) #t\n\n## Tools\n\n- DRF\n\n- [ ] do\n")
    assert list(line) == ["file", "title", "language", "outline", "links", "tags", "tasks", "entries"]
    assert (line["file"], line["title"], line["language"]) == ("docs/my notes.md", "my notes", None)
    assert line["outline"] == [{"level": 2, "title": "Tools", "anchor": "tools"}]
    assert line["links"][0]["target"] == "b"
    assert line["tags"] == ["t"]
    assert line["tasks"][0]["text"] == "do"
    entry = line["entries"][0]
    assert list(entry) == [
        "kind",
        "title",
        "problem",
        "cause",
        "solution",
        "error_text",
        "topics",
        "start",
        "end",
        "confidence",
    ]
    assert (entry["kind"], entry["title"], entry["problem"], entry["topics"]) == (
        "technology",
        "DRF",
        None,
        ["django-rest-framework"],
    )


def test_the_stylesheet_has_light_and_dark_and_only_code() -> None:
    css = stylesheet()
    assert "@media (prefers-color-scheme: dark)" in css
    rules = [line for line in css.splitlines() if "{" in line and "@media" not in line]
    assert len(rules) > 100
    assert all(rule.startswith("pre.code .") for rule in rules)
