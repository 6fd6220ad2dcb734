"""GitHub's extensions (GFM 0.29), with GitHub's own parser as the judge: cmark-gfm must give the same elements."""

from pathlib import Path
from tarfile import open as open_archive

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from nexus.markdown import grammar

from .elements import elements_of, walked_html

NOTES = Path(__file__).resolve().parents[3] / "shared/data/notes/til.tar.gz"

EXAMPLES = [
    "| foo | bar |\n| --- | --- |\n| baz | bim |\n",
    "| abc | defghi |\n:-: | -----------:\nbar | baz\n",
    "| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |\n",
    "| abc | def |\n| --- | --- |\n| bar | baz |\n> bar\n",
    "| abc | def |\n| --- | --- |\n| bar | baz |\nbar\n\nbar\n",
    "| abc | def |\n| --- |\n| bar |\n",
    "| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |\n",
    "| abc | def |\n| --- | --- |\n",
    "|a|\n|-|\n|*b*|\n\n- |a|\n  |-|\n  |b|\n",
    "- [ ] foo\n- [x] bar\n",
    "- [x] foo\n  - [ ] bar\n  - [x] baz\n- [ ] bim\n",
    "1. [ ] one\n2. [X] two\n",
    "- [ ]\n- [y] no\n- [x]no\n",
    "~~Hi~~ Hello, ~there~ world!\n",
    "This ~~has a\n\nnew paragraph~~.\n",
    "~~~~no~~~~ ~~a *b* c~~\n",
    "www.commonmark.org\n",
    "Visit www.commonmark.org/help for more information.\n",
    "Visit www.commonmark.org.\n\nVisit www.commonmark.org/a.b.\n",
    "www.google.com/search?q=Markup+(business)\n\nwww.google.com/search?q=Markup+(business)))\n\n(www.google.com/search?q=x)\n",
    "www.google.com/search?q=commonmark&hl=en\n\nwww.google.com/search?q=commonmark&hl;\n",
    "www.commonmark.org/he<lp\n",
    "http://commonmark.org\n\n(Visit https://encrypted.google.com/search?q=Markup+(business))\n",
    "hello@mail+xyz.example isn't valid, but hello+xyz@mail.example is.\n",
    "a.b-c_d@a.b\n\na.b-c_d@a.b.\n\na.b-c_d@a.b-\n\na.b-c_d@a.b_\n",
    "foo@bar.baz and *foo@bar.baz* and (foo@bar.baz)\n",
    "https://a.b/c_d_e and *https://a.b/c* ~~https://a.b~~ `https://a.b`\n",
    "[https://a.b](c) <https://a.b> https://a.b/ü?x=日本\n",
    "http://a_b.c http://a.b_c http://a.b:80/x http://localhost/x\n",
]


def github_html(text: str) -> str:
    html: str = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return html


def our_html(text: str) -> str:
    return walked_html(text, grammar.parser(extensions=False, www=True).parse(text))


@pytest.mark.parametrize("text", EXAMPLES)
def test_extensions_mean_what_they_mean_on_github(text: str) -> None:
    assert elements_of(our_html(text)) == elements_of(github_html(text))


@pytest.mark.skipif(not NOTES.exists(), reason=f"{NOTES} is absent: the notes stay outside the repository")
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_real_notes_look_as_they_do_on_github(step: int) -> None:
    """Every `step`th of 1,873 notes, those with raw HTML left out: no element and no word differs."""
    different = []
    with open_archive(NOTES) as archive:
        members = [member for member in archive if member.name.endswith(".md")]
        assert len(members) == 1873
        for member in members[::step]:
            file = archive.extractfile(member)
            assert file is not None
            text = file.read().decode()
            tokens = grammar.parser(extensions=False, www=True).parse(text)
            has_raw_html = any(
                t.type == "html_block" or "html_inline" in {c.type for c in t.children or ()} for t in tokens
            )
            if not has_raw_html and elements_of(our_html(text)) != elements_of(github_html(text)):
                different.append(member.name)
    assert different == []
