"""Where in a document's HTML something found stands: the anchor of the innermost block that holds its first byte.

Derived from the blocks alone, so that whoever shows a document and whoever made its HTML agree without storing it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from nexus.markdown.document import Block, Document, Heading

#: A colon: no heading's anchor has one, nor any id that a text brings itself (docs/adr/0010).
_PREFIX = "found:"


def anchors(document: Document) -> dict[int, str]:
    """The id of the element at which each entry begins, by the entry's `start`. Empty for a document without blocks."""
    positions = [entry.start for entry in document.entries]
    of_headings = {heading.start: heading.anchor for heading in document.outline}
    found = _landings(document.blocks, positions)
    return {at: _name(document.blocks[index], of_headings) for at, index in found.items()}


def ids(blocks: Sequence[Block], outline: Sequence[Heading], positions: Sequence[int]) -> dict[int, str]:
    """The ids that blocks must get so that `anchors` leads to them, by index. Headings that have an anchor need no other."""
    of_headings = {heading.start: heading.anchor for heading in outline}
    names = {index: _name(blocks[index], of_headings) for index in _landings(blocks, positions).values()}
    return {index: name for index, name in names.items() if name.startswith(_PREFIX)}


def _name(block: Block, of_headings: dict[int, str]) -> str:
    anchor = of_headings.get(block.start) if block.kind == "heading" else None
    return anchor or f"{_PREFIX}{block.start}-{block.end}"


def _landings(blocks: Sequence[Block], positions: Sequence[int]) -> dict[int, int]:
    """The index of the block for each byte position; a block within another comes after it. Raw HTML has no element of its
    own, so what begins there is found at the block before it. Linear but for the depth of nesting, which is bounded."""
    wanted = sorted(set(positions))
    found: dict[int, int] = {}
    starts: list[tuple[int, int]] = []
    for index, block in enumerate(blocks):
        if block.kind == "html":
            continue
        starts.append((block.start, index))
        for at in wanted[bisect_left(wanted, block.start) : bisect_left(wanted, block.end)]:
            found[at] = index
    starts.sort()
    if starts:
        for at in wanted:
            if at not in found:
                found[at] = starts[max(0, bisect_right(starts, (at, len(blocks))) - 1)][1]
    return found
