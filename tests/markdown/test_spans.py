"""A span is the same passage whatever the line ends, the byte order mark and the characters around it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.markdown import Document, parse

from .strategies import MARKDOWN

LINE_ENDS = ["\r\n", "\r"]


def passages(text: str, document: Document) -> list[tuple[str, str]]:
    data = text.encode()
    return [
        (type(item).__name__, data[item.start : item.end].decode())
        for group in (document.outline, document.references, document.tasks, document.entries, document.blocks)
        for item in group
    ]


@settings(max_examples=400, deadline=None)
@given(
    MARKDOWN.map(lambda text: text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")),
    st.sampled_from(LINE_ENDS),
    st.booleans(),
)
def test_line_ends_and_byte_order_mark_change_no_passage(text: str, end: str, has_mark: bool) -> None:
    plain = parse(text)
    other_text = ("\ufeff" if has_mark else "") + text.replace("\n", end)
    other = parse(other_text)
    assert [(kind, passage.replace(end, "\n")) for kind, passage in passages(other_text, other)] == passages(
        text, plain
    )
    assert other.plain == plain.plain
    assert (other.title, other.tags, other.outline and other.outline[0].anchor) == (
        plain.title,
        plain.tags,
        plain.outline and plain.outline[0].anchor,
    )


@settings(max_examples=200, deadline=None)
@given(MARKDOWN, st.sampled_from(["é", "日本", "😀"]))
def test_wide_characters_before_move_spans_by_their_bytes(text: str, wide: str) -> None:
    first, second = f"x\n\n{text}", f"{wide}\n\n{text}"
    by = len(wide.encode()) - 1
    moved = [(block.kind, block.start + by, block.end + by) for block in parse(first).blocks[1:]]
    assert [tuple(block) for block in parse(second).blocks[1:]] == moved


def test_links_and_images_are_cut_out_whole() -> None:
    text = "\ufeff# Ünï 😀\r\n\r\n> 1. a [l](x) 😀 ![i](y)\r\n>    [[w]] é https://a.b/c\r> \t<img src=z>\n"
    data = text.encode()
    found = [data[r.start : r.end].decode() for r in parse(text).references]
    assert found == ["[l](x)", "![i](y)", "[[w]]", "https://a.b/c", "<img src=z>"]


def test_tabs_and_lazy_lines() -> None:
    text = "-\tone [a](b)\n\ttwo [c](d)\nlazy [e](f)\n\n\t\tthree\n"
    data = text.encode()
    assert [data[r.start : r.end].decode() for r in parse(text).references] == ["[a](b)", "[c](d)", "[e](f)"]
