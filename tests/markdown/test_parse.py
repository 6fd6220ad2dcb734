"""What `parse` reads out of a text, form by form."""

import re

import pytest

from nexus.markdown import Reference, Target, parse


def html_of(text: str) -> str:
    return parse(text).render(lambda reference: Target("/to/" + reference.target)).strip()


def bare(html: str) -> str:
    """HTML without the spans, for reading."""
    return re.sub(r' data-span="\d+-\d+"', "", html)


class TestFrontMatter:
    def test_title_language_and_tags_come_first(self) -> None:
        document = parse(
            "---\ntitle: A  title\nlang: sw\ntags: [django, '#api']\nwhen: 2026-01-02\n---\n# Other\n\nUses #redis.\n"
        )
        assert document.title == "A title"
        assert document.language == "sw"
        assert document.tags == ("django", "api", "redis")
        assert document.front_matter["when"] == "2026-01-02"
        assert document.outline[0].title == "Other"
        assert "title" not in document.plain

    @pytest.mark.parametrize(
        "block",
        [
            "a: &x [1]\nb: *x",
            "a: [",
            "a: !!python/object/apply:os.system ['id']",
            "? [a, b]\n: &y c",
            "a: !!binary R0lGODlh",
            "x: " + "[" * 30 + "]" * 30,
        ],
    )
    def test_a_bad_block_stays_visible_and_is_reported(self, block: str) -> None:
        document = parse(f"---\n{block}\n---\n# Title\n")
        assert document.front_matter == {}
        assert document.title == "Title"
        assert "front matter" in document.warnings[0]
        assert block.split("\n")[0] in document.plain
        assert 'data-language="yaml"' in html_of(f"---\n{block}\n---\n# Title\n")

    def test_a_bomb_of_aliases_is_never_expanded(self) -> None:
        bomb = "a: &a [x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
        )
        assert "aliases" in parse(f"---\n{bomb}---\n").warnings[0]

    @pytest.mark.parametrize(
        "text",
        ["---\n\nA paragraph\n\n---\n", "---\njust words\n---\n", "---\na: b\n", "x\n---\na: b\n---\n", "---\n---\n"],
    )
    def test_two_rules_are_no_front_matter(self, text: str) -> None:
        document = parse(text)
        assert document.front_matter == {}
        assert document.warnings == ()

    def test_more_than_64_kilobytes_are_text(self) -> None:
        assert parse("---\na: " + "x" * 64_001 + "\n---\n").front_matter == {}

    def test_non_finite_and_huge_numbers_are_words(self) -> None:
        data = parse("---\na: .nan\nb: 123456789012345678901234567890\nc: {d: .inf}\n---\n").front_matter
        assert data == {"a": "nan", "b": "123456789012345678901234567890", "c": {"d": "inf"}}


class TestTitle:
    def test_is_the_first_heading_of_level_1(self) -> None:
        assert parse("## Two\n\nOne `code`\n===\n\n# Later").title == "One code"

    def test_may_be_written_in_html(self) -> None:
        assert parse('<h1 align="center"><img src="x.png"> A &amp; <b>B</b></h1>\n\n## Two\n').title == "A & B"
        assert parse("<h1>In HTML</h1>\n\n# In Markdown\n").title == "In Markdown"

    @pytest.mark.parametrize("text", ["", "## Only two", "words", "#\n", "<h1></h1>"])
    def test_is_absent_when_the_text_has_none(self, text: str) -> None:
        assert parse(text).title is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello world, naïve café and more", None),
        ("这是一个关于数据库索引的笔记，记录了查询优化的方法", "zh"),
        ("これはデータベースのインデックスについてのメモです", "ja"),
        ("이것은 데이터베이스 인덱스에 관한 메모입니다", "ko"),
        ("هذه ملاحظات حول قواعد البيانات والفهرسة", "ar"),
        ("این یادداشت‌ها درباره پایگاه داده و چگونگی پاسخ است", "fa"),
        ("ይህ ስለ ዳታቤዝ ማስታወሻ ነው እና ሌሎች ነገሮች", "am"),
        ("Это заметки об индексах базы данных", "ru"),
        ("Це нотатки про індекси бази даних і їхні", "uk"),
        ("אלו הערות על מסדי נתונים ואינדקסים", "he"),
        ("A long English note that quotes one word: 数据库. And then goes on in English for a while.", None),
    ],
)
def test_language_is_guessed_from_the_script(text: str, language: str | None) -> None:
    assert parse(text).language == language


class TestOutline:
    def test_anchors_are_githubs(self) -> None:
        text = (
            "# A & B\n## A & B\n## A & B\n### `code_x` *em*\n## 🚀 Key Technologies!\n"
            "## Best Practices & Takeaways\n## N+1 (why?)\n## Über größe 日本語\n## 🎉\n"
        )
        assert [h.anchor for h in parse(text).outline] == [
            "a--b",
            "a--b-1",
            "a--b-2",
            "code_x-em",
            "-key-technologies",
            "best-practices--takeaways",
            "n1-why",
            "über-größe-日本語",
            "",
        ]

    def test_a_numbered_anchor_already_taken_is_skipped(self) -> None:
        assert [h.anchor for h in parse("# a\n# a-1\n# a\n").outline] == ["a", "a-1", "a-2"]

    def test_contents_lists_work(self) -> None:
        text = "- [Best](#best-practices--takeaways)\n\n## Best Practices & Takeaways\n"
        document = parse(text)
        assert '<a href="#best-practices--takeaways">' in document.render(lambda r: Target(r.target))
        assert '<h2 id="best-practices--takeaways"' in document.render(lambda r: Target(r.target))

    def test_levels_titles_and_spans(self) -> None:
        text = "x\n\n  ## Two *words* ##\n\n> # In a quote\n"
        headings = [(h.level, h.title, text[h.start : h.end]) for h in parse(text).outline]
        assert headings == [(2, "Two words", "## Two *words* ##"), (1, "In a quote", "> # In a quote")]


class TestReferences:
    @pytest.mark.parametrize(
        ("text", "kind", "target", "shown"),
        [
            ("[a *b*](docs/x%20y.md)", "link", "docs/x%20y.md", "a b"),
            ("[a](<docs/my file.md>)", "link", "docs/my file.md", "a"),
            ("[a](\\(x\\)&amp;y)", "link", "(x)&y", "a"),
            ("![alt *t*](pic.png)", "image", "pic.png", "alt t"),
            ("[[Some Page]]", "wikilink", "Some Page", "Some Page"),
            ("[[path/page#part|shown]]", "wikilink", "path/page#part", "shown"),
            ("![[pic.png|alt]]", "embed", "pic.png", "alt"),
            ("<https://a.b/c?d=é>", "link", "https://a.b/c?d=é", "https://a.b/c?d=é"),
            ("<me@a.bc>", "link", "mailto:me@a.bc", "me@a.bc"),
            ("https://a.b/c", "link", "https://a.b/c", "https://a.b/c"),
            ("www.a.bc/d", "link", "http://www.a.bc/d", "www.a.bc/d"),
            ("me.you+x@a-b.cd", "link", "mailto:me.you+x@a-b.cd", "me.you+x@a-b.cd"),
            ('<a href="x&amp;y.md">', "link", "x&y.md", ""),
            ("<img src=pic.png alt=A>", "image", "pic.png", "A"),
        ],
    )
    def test_each_form(self, text: str, kind: str, target: str, shown: str) -> None:
        for before, after in (("", ""), ("é **b** ", " z"), ("> - 日本 ", "\n> w"), ("# ", "")):
            document, data = parse(before + text + after), (before + text + after).encode()
            (reference,) = document.references
            assert (reference.kind, reference.target, reference.text) == (kind, target, shown)
            assert data[reference.start : reference.end].decode() == text

    def test_definitions_give_their_address_to_every_use(self) -> None:
        document = parse("[a][r] and [r] ![r]\n\n[r]: /there 'T'\n")
        assert [(r.kind, r.target, r.title) for r in document.references] == [("link", "/there", "T")] * 2 + [
            ("image", "/there", "T")
        ]

    def test_they_come_in_the_order_of_the_text_even_from_footnotes(self) -> None:
        text = "[^1]: [note](n)\n\nSee[^1] [after](a).\n"
        document = parse(text)
        assert [r.target for r in document.references] == ["n", "a"]
        html = document.render(lambda r: Target("/to/" + r.target))
        assert html.index("/to/a") < html.index("/to/n")

    def test_cells_of_a_table(self) -> None:
        text = "| [x](a) | `p\\|q` [x](b) |\n|---|---|\n| [x](c\\|d) | [x](e) |\n"
        spans = [text[r.start : r.end] for r in parse(text).references]
        assert spans == ["[x](a)", "[x](b)", "[x](c\\|d)", "[x](e)"]

    def test_a_picture_in_a_link_is_two(self) -> None:
        document = parse("[![badge](b.svg)](https://ci)")
        assert [(r.kind, r.text) for r in document.references] == [("link", "badge"), ("image", "badge")]

    def test_code_holds_none(self) -> None:
        assert parse("`[a](b)` \n\n    [[x]]\n\n```\nhttps://a.b\n```\n").references == ()

    @pytest.mark.parametrize(
        ("text", "end"),
        [
            ("https://a.b/c.", "https://a.b/c"),
            ("(https://a.b/c)", "https://a.b/c"),
            ("https://a.b/c(d)", "https://a.b/c(d)"),
            ("https://a.b/c?d=e&amp;", "https://a.b/c?d=e"),
            ("https://a.b/c**", "https://a.b/c"),
            ("http://localhost:8000/api/", "http://localhost:8000/api/"),
            ("https://a.b/c<d", "https://a.b/c"),
        ],
    )
    def test_bare_addresses_end_where_gfm_says(self, text: str, end: str) -> None:
        (reference,) = parse(text).references
        assert text[reference.start : reference.end] == end

    @pytest.mark.parametrize(
        "text",
        ["xhttp://a.b", "http://a_b.c_d", "www.", "a@b", "@x.y", "http//a.b", "mailto:x", "foo@bar-", "1www.a.b"],
    )
    def test_what_is_no_address(self, text: str) -> None:
        assert parse(text).references == ()

    def test_external_links_are_marked_for_crawlers(self) -> None:
        html = parse("[a](https://x.y) [b](z)").render(lambda r: Target(r.target))
        assert '<a href="https://x.y" rel="nofollow ugc noopener">' in html
        assert '<a href="z">' in html

    def test_a_reference_that_leads_nowhere_stays_readable(self) -> None:
        html = parse("[[Nobody]]").render(lambda _: Target(None, css_class="missing"))
        assert bare(html).strip() == '<p><a class="missing">Nobody</a></p>'

    def test_a_wikilink_yields_to_nothing_but_code(self) -> None:
        assert [r.kind for r in parse("[[a]] `[[b]]` [[]] [[ ]] [[c\nd]]").references] == ["wikilink"]


class TestTasksAndTags:
    def test_tasks(self) -> None:
        text = "- [ ] write *tests*\n- [x] done\n  - [X] below\n- [y] no\n- []no\n\n1. [ ] numbered\n"
        tasks = parse(text).tasks
        assert [(t.text, t.done) for t in tasks] == [
            ("write tests", False),
            ("done", True),
            ("below", True),
            ("numbered", False),
        ]
        assert text.encode()[tasks[0].start : tasks[0].end] == b"- [ ] write *tests*"
        assert '<li class="task"' in html_of(text)
        assert html_of(text).count('type="checkbox"') == 4

    def test_tags_are_in_prose_only(self) -> None:
        text = (
            "# Title #no\n\nA #tag, (#other/sub) and #tag again; C# #1 x#y https://a.b/#no `#no` [#no](x) \n\n"
            "- #in-list\n\nx\n\n    #no\n"
        )
        assert parse(text).tags == ("tag", "other/sub", "in-list")


class TestForms:
    def test_callouts(self) -> None:
        assert bare(html_of("> [!WARNING]\n> mind *this*\n")) == (
            '<div class="callout callout-warning">\n<p class="callout-title">Warning</p>\n'
            "<p>mind <em>this</em></p>\n</div>"
        )
        assert '<p class="callout-title">My title</p>' in html_of("> [!info]- My title\n> x\n")
        assert "<blockquote" in html_of("> [!unknown]\n> x\n")

    def test_math(self) -> None:
        assert (
            bare(html_of("$a<b$ and $$c$$"))
            == '<p><span class="math inline">a&lt;b</span> and <span class="math inline">c</span></p>'
        )
        assert bare(html_of("$$\na\nb\n$$\nrest")) == '<div class="math block">a\nb</div>\n<p>rest</p>'
        assert bare(html_of("```math\nx\n```")) == '<div class="math block">x</div>'

    @pytest.mark.parametrize("text", ["costs $5 and $6", "$HOME/$USER", "a$b$c", "$ a $", "\\$a$", "$$ open\n\n$$"])
    def test_money_and_variables_are_no_math(self, text: str) -> None:
        assert "math" not in html_of(text)

    def test_mermaid_is_left_for_the_browser(self) -> None:
        assert bare(html_of("```mermaid\ngraph TD;\na-->b\n```")) == '<pre class="mermaid">graph TD;\na--&gt;b\n</pre>'

    def test_code_is_highlighted_and_named(self) -> None:
        html = bare(html_of("```python\nx = 1\n```"))
        assert html.startswith('<pre class="code" data-language="python"><code><span class="n">x ')
        assert (
            bare(html_of("```nosuchlanguage\n<x>\n```"))
            == '<pre class="code" data-language="nosuchlanguage"><code>&lt;x&gt;\n</code></pre>'
        )
        assert "<span" not in bare(html_of("```python\n" + "x = 1\n" * 6_000 + "```"))

    def test_footnotes(self) -> None:
        html = bare(html_of("a[^n] b[^n]\n\n[^n]: note\n"))
        assert '<sup class="footnote-ref"><a href="#user-content-fn-1" id="user-content-fnref-1">1</a></sup>' in html
        assert 'id="user-content-fnref-1-1"' in html
        assert '<li id="user-content-fn-1">' in html
        assert html.count('class="footnote-backref"') == 2

    def test_tables_are_aligned_without_styles(self) -> None:
        html = html_of("|a|b|\n|:-|-:|\n|1|2|\n")
        assert '<th align="left">a</th>' in html
        assert '<td align="right">2</td>' in html

    def test_html_of_readmes(self) -> None:
        text = (
            '<p align="center">\n  <img src="logo.png" width="100">\n</p>\n\n<details><summary>More</summary>\n\n'
            "*md*\n\n</details>\n\n<center>c</center>\n"
        )
        html = bare(html_of(text))
        assert '<p align="center">' in html
        assert '<img src="/to/logo.png" width="100">' in html
        assert "<details><summary>More</summary>\n<p><em>md</em></p>\n</details>" in html
        assert '<div align="center">c</div>' in html

    def test_formatting_left_open_ends_with_its_block(self) -> None:
        assert bare(html_of("<b>\nbold\n\nplain")) == "<b>\nbold\n</b><p>plain</p>"
        assert bare(html_of("x <b>bold\n\nplain")) == "<p>x <b>bold</b></p>\n<p>plain</p>"


class TestBlocks:
    def test_every_block_has_its_passage(self) -> None:
        text = "# h\n\np1\np2\n\n- a\n  - b\n\n> q\n\n```\nc\n```\n\n|a|\n|-|\n\n---\n\n<div>x</div>\n\n    code\n"
        found = [(block.kind, text[block.start : block.end]) for block in parse(text).blocks]
        assert found == [
            ("heading", "# h"),
            ("paragraph", "p1\np2"),
            ("list", "- a\n  - b"),
            ("item", "- a\n  - b"),
            ("list", "- b"),
            ("item", "- b"),
            ("quote", "> q"),
            ("paragraph", "> q"),
            ("code", "```\nc\n```"),
            ("table", "|a|\n|-|"),
            ("row", "|a|"),
            ("rule", "---"),
            ("html", "<div>x</div>"),
            ("code", "code"),
        ]

    def test_html_carries_the_same_spans(self) -> None:
        document = parse("# é\n\nword\n")
        html = document.render(lambda _: Target(None))
        assert f'data-span="{document.blocks[0].start}-{document.blocks[0].end}"' in html
        assert 'data-span="6-10"' in html


def test_plain_text_is_what_a_reader_sees() -> None:
    text = (
        "# Head\n\nA *b* `c` [d](e) ![f](g)\nnext\n\n- one\n- two\n\n|h|\n|-|\n|cell|\n\n```\ncode\n```\n\n"
        "<b>raw</b> &amp; x\n"
    )
    assert parse(text).plain.split() == [
        "Head",
        "A",
        "b",
        "c",
        "d",
        "f",
        "next",
        "one",
        "two",
        "h",
        "cell",
        "code",
        "raw",
        "&",
        "x",
    ]


def test_merge_conflict_marks_and_mojibake_are_text() -> None:
    document = parse("<<<<<<< HEAD\n# A\n=======\n# B\n>>>>>>> x\n\ufffd\ufffd z\n")
    assert "HEAD" in document.plain
    assert "\ufffd" in document.plain


def test_deep_nesting_is_reported_to_the_author() -> None:
    assert any("nested deeper" in warning for warning in parse("> " * 200 + "x").warnings)
    assert any("HTML tags are left out" in warning for warning in parse("<div>\n\n" * 200 + "x").warnings)
    assert parse("> > x\n\n<div>x</div>").warnings == ()


def test_a_reference_is_a_plain_value() -> None:
    assert parse("[a](b)").references == (Reference("link", "b", "a", 0, 6),)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        (
            "# Notes\n\nShort.\n\nA hub of what I learned about back-end work this year.\n",
            "A hub of what I learned about back-end work this year.",
        ),
        ("# One two three four five six seven eight nine\n\nToo short.\n", ""),
        ("# 题\n\n" + "学" * 70 + "\n", "学" * 70),
        ("word " * 100, "word " * 55 + "word …"),
        ("", ""),
    ],
)
def test_opening_is_the_first_running_text(text, opening):
    assert parse(text).opening() == opening
