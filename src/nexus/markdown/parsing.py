"""`parse`: from a text to a `Document`. Pure: the same text always gives an equal document."""

from markdown_it.token import Token

from nexus.markdown import entries, front_matter, grammar, language, passages
from nexus.markdown.document import Document, Reference
from nexus.markdown.front_matter import FrontMatter
from nexus.markdown.rendering import Walk
from nexus.markdown.sanitising import Slots
from nexus.markdown.source import Source


def parse(text: str) -> Document:
    """Everything a text says, by its form.

    `text` is at most `MAX_BYTES` of UTF-8 and may begin with U+FEFF. Raises `TooLarge` for more and `InvalidText` for
    NUL or lone surrogates; any other text gives a document.
    """
    source = Source(text)
    front = front_matter.read(source.lines)
    body = "\n".join(source.lines[front.lines :])
    env: dict[str, object] = {}
    tokens = grammar.parser(www="www." in body).parse(body, env)
    slots = Slots()
    walk = Walk(source, front.lines, slots.address)
    if front.warning:
        walk.run(_shown_front_matter(source, front))
    walk.run(tokens)
    found = entries.find(source, tokens, front.lines)
    ids = passages.ids(walk.blocks, walk.outline, [entry.start for entry in found])
    segments, references = _in_text_order(slots.clean_and_cut(walk.html(ids)), walk.references)
    plain = "".join(walk.plain)
    return Document(
        title=_title(front, walk),
        language=_language(front, plain),
        front_matter=front.data,
        outline=tuple(walk.outline),
        references=references,
        tags=tuple(dict.fromkeys([*front_matter.words(front.data.get("tags")), *walk.tags])),
        tasks=tuple(walk.tasks),
        entries=found,
        blocks=tuple(walk.blocks),
        plain=plain.strip("\n"),
        segments=segments,
        custom_ids=tuple(dict.fromkeys(walk.raw.ids)),
        warnings=tuple(_warnings(front, walk)),
    )


def _shown_front_matter(source: Source, front: FrontMatter) -> list[Token]:
    """A block that is no front matter, shown as the code it is."""
    token = Token("fence", "code", 0, info="yaml", content="\n".join(source.lines[: front.lines]) + "\n", block=True)
    token.map = [-front.lines, 0]
    return [token]


def _title(front: FrontMatter, walk: Walk) -> str | None:
    stated = front.data.get("title")
    if isinstance(stated, (str, int, float)) and (title := " ".join(str(stated).split())):
        return title
    of_markdown = next((heading.title for heading in walk.outline if heading.level == 1 and heading.title), None)
    return of_markdown or walk.html_title or None


def _language(front: FrontMatter, plain: str) -> str | None:
    stated = front.data.get("lang") or front.data.get("language")
    if isinstance(stated, str) and 2 <= len(stated) <= 35 and stated.replace("-", "").isalnum():
        return stated
    return language.guess(plain)


def _in_text_order(
    segments: tuple[str | int, ...], found: list[Reference]
) -> tuple[tuple[str | int, ...], tuple[Reference, ...]]:
    """Footnotes stand at the end of the HTML but not of the text: number references as the text has them."""
    order = sorted(range(len(found)), key=lambda number: (found[number].start, found[number].end))
    if order == list(range(len(found))):
        return segments, tuple(found)
    new_number = {old: new for new, old in enumerate(order)}
    renumbered = tuple(new_number[segment] if isinstance(segment, int) else segment for segment in segments)
    return renumbered, tuple(found[number] for number in order)


def _warnings(front: FrontMatter, walk: Walk) -> list[str]:
    warnings = [front.warning] if front.warning else []
    if walk.too_deep:
        warnings.append(f"Lists and quotes nested deeper than {grammar.MAX_NESTING} levels are not shown.")
    if walk.raw.was_cut:
        warnings.append("Some HTML tags are left out: too many of them, or too deep in one another.")
    return warnings
