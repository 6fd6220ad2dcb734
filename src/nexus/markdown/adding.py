"""Writes into a text what it does not say yet, so that `parse` finds it as what was meant, and changes nothing else.

People write chapters in many ways: lists, tables, a heading for each thing. So nothing here decides by rule what the right
place is. It proposes several, the one that looks most like what is there first, has each parsed, and takes the first by
which the text says what was asked and still says all it said before. Every result is the text with one piece put in.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nexus.markdown.document import Document, Entry, EntryKind
from nexus.markdown.parsing import parse
from nexus.markdown.sections import Role, clean_title, role_of
from nexus.markdown.tables import Piece, behind_cells, cells_for, table_at

#: Proposals that are parsed for one addition.
MAX_PROPOSALS = 12
#: Chapters of one text that are tried, the last first: a log goes on at its end.
MAX_CHAPTERS = 3
_HEADINGS: dict[EntryKind, str] = {
    "technology": "Technologies", "concept": "Concepts", "challenge": "Challenges", "practice": "Best practices",
    "project": "Projects",
}  # fmt: skip
_ROLES: dict[EntryKind, tuple[Role, ...]] = {
    "technology": ("technologies", "mixed"), "concept": ("concepts", "mixed"), "challenge": ("challenges",),
    "practice": ("practices",), "project": ("projects",),
}  # fmt: skip
_ITEM = re.compile(r"^([ \t]*)([-*+])[ \t]+\S|^([ \t]*)(\d{1,4})([.)])[ \t]+\S")
_HEADING = re.compile(r"^(#{2,5})[ \t]+\S")
_WORD = re.compile(r"[^\W_]+")
_BEGINS_A_BLOCK = re.compile(r"^(?=[#>|=~`+*\-<]|\d{1,9}[.)](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Said:
    """What a text is to say: the name or sentence, and what goes with it. `problem`, `cause`, `solution` and `error_text`
    are a challenge's, whose title is its problem; `detail` is said of all others."""

    kind: EntryKind
    title: str
    detail: str = ""
    cause: str = ""
    solution: str = ""
    error_text: str = ""


class Insertion(NamedTuple):
    """The text with something put in, and between which bytes of it that is. is_apart: it is about something that it does
    not stand with."""

    text: str
    start: int
    end: int
    is_apart: bool = False


def add_entry(text: str, said: Said) -> Insertion | None:
    """`text` with one piece more, so that `parse` finds an entry as `said` and all entries that were there before.

    None when no place was found where it would be read so: the text says it already, or is of a form that is not known.
    Everything but the piece stays byte for byte. Raises as `parse`.
    """
    document = parse(text)
    data = text.encode("utf-8")
    seen: set[Piece] = set()
    for proposal in _proposals(document, data, said):
        if proposal in seen or len(seen) >= MAX_PROPOSALS:
            continue
        seen.add(proposal)
        made = _put_in(data, proposal)
        if _is_said(parse(made.text), document, made, said):
            return made
    return None


def _put_in(data: bytes, proposal: Piece) -> Insertion:
    piece = proposal.text.encode("utf-8", "replace")
    whole = data[: proposal.at] + piece + data[proposal.at :]
    return Insertion(whole.decode("utf-8"), proposal.at, proposal.at + len(piece))


def _is_said(after: Document, before: Document, made: Insertion, said: Said) -> bool:
    """Whether there is one entry more, in the piece, as it was meant, and all others are as they were."""
    new = [entry for entry in after.entries if made.start <= entry.start < made.end]
    others = [entry for entry in after.entries if not made.start <= entry.start < made.end]
    if len(new) != 1 or [_told(entry) for entry in others] != [_told(entry) for entry in before.entries]:
        return False
    entry = new[0]
    if entry.kind != said.kind or words_of(entry.title) != words_of(_shown(said.title))[: len(words_of(entry.title))]:
        return False
    if said.kind != "challenge":
        return words_of(entry.title) == words_of(_shown(said.title))
    parts = ((entry.problem, said.title), (entry.cause, said.cause), (entry.solution, said.solution))
    return all(words_of(found or "") == words_of(_shown(asked)) for found, asked in parts) and (
        bool(entry.error_text) == bool(said.error_text.strip())
    )


def _told(entry: Entry) -> tuple[str | None, ...]:
    return entry.kind, entry.title, entry.problem, entry.cause, entry.solution, entry.error_text


def words_of(text: str) -> list[str]:
    """The words of a text, by which what was written is compared with what was read."""
    return [word.casefold() for word in _WORD.findall(text)]


def _shown(text: str) -> str:
    """What a reader sees of some Markdown, nearly: the address of a link is no word of it."""
    return re.sub(r"\]\([^()\s]*\)", "]", text)


# --- Where ----------------------------------------------------------------------------------------------------------------


def _proposals(document: Document, data: bytes, said: Said) -> Iterator[Piece]:
    end = _line_end(data)
    alike = [entry for entry in document.entries if entry.kind == said.kind]
    for entry in alike[: -MAX_CHAPTERS - 1 : -1]:
        yield from _after(data, entry, said, end)
    for first, last in _chapters(document, data, said.kind):
        lists = [block.end for block in document.blocks if block.kind == "list" and first <= block.start < last]
        if lists:
            yield Piece(max(lists), end + _item(said, end))
        yield Piece(_trimmed(data, first, last), end * 2 + _item(said, end))
    whole = _trimmed(data, 0, len(data))
    before = end * 2 if whole else ""
    piece = f"{before}## {_HEADINGS[said.kind]}{end * 2}{_item(said, end)}"
    yield Piece(whole, piece if data[whole:].strip(b" \t") else piece + end)


def _after(data: bytes, entry: Entry, said: Said, end: str) -> Iterator[Piece]:
    """Right behind an entry of the same kind, in the same form."""
    line = _line_at(data, entry.start)
    at = _end_of_line(data, entry.end)
    if line.lstrip().startswith("|"):
        yield Piece(at, end + _row(line, said))
    elif item := _ITEM.match(line):
        indent, mark = (item[1], item[2]) if item[2] else (item[3], f"{int(item[4]) + 1}{item[5]}")
        apart = end * 2 if said.kind == "challenge" and (said.error_text or b"\n\n" in data[entry.start : at]) else end
        yield Piece(at, apart + _item(said, end, indent, mark))
    elif heading := _HEADING.match(line):
        yield Piece(at, end * 2 + _section(said, end, heading[1]))


def _chapters(document: Document, data: bytes, kind: EntryKind) -> list[tuple[int, int]]:
    """Where the chapters of a kind begin and end, the last first: from behind the heading to the next of its level."""
    found = []
    for index, heading in enumerate(document.outline):
        if role_of(clean_title(heading.title)) in _ROLES[kind]:
            following = (other.start for other in document.outline[index + 1 :] if other.level <= heading.level)
            found.append((heading.end, next(following, len(data))))
    return found[: -MAX_CHAPTERS - 1 : -1]


def _trimmed(data: bytes, first: int, last: int) -> int:
    """Where the text between two offsets ends, without the white space behind it."""
    return first + len(data[first:last].rstrip())


def _line_at(data: bytes, offset: int) -> str:
    start = max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)) + 1
    return data[start : _end_of_line(data, offset)].decode("utf-8", "replace")


def _end_of_line(data: bytes, offset: int) -> int:
    ends = [at for end in (b"\n", b"\r") if (at := data.find(end, offset)) >= 0]
    return min(ends, default=len(data))


def _line_end(data: bytes) -> str:
    counts = Counter(re.findall(rb"\r\n?|\n", data[:200_000]))
    return counts.most_common(1)[0][0].decode() if counts else "\n"


# --- What -----------------------------------------------------------------------------------------------------------------


def _line(text: str) -> str:
    """A text as one line."""
    return " ".join(text.split())


def _lead(text: str) -> str:
    """A name to stand between marks of emphasis."""
    return _line(text).replace("*", "\\*")


def _item(said: Said, end: str, indent: str = "", mark: str = "-") -> str:
    inner = indent + " " * (len(mark) + 1)
    if said.kind != "challenge":
        title = f"**{_lead(said.title)}**" if said.detail.strip() or said.kind == "concept" else _line(said.title)
        detail = f": {_line(said.detail)}" if said.detail.strip() else ""
        return f"{indent}{mark} {title}{detail}"
    lines = [f"{indent}{mark} **Problem:** {_line(said.title)}"]
    error = said.error_text.strip("\n")
    if _is_long(error):
        lines += ["", *(f"{inner}{line}".rstrip() for line in fenced(error)), ""]
    elif error.strip():
        lines.append(f"{inner}- **Error:** `{error.strip()}`")
    lines += [f"{inner}- **{label}:** {_line(part)}" for label, part in _labelled(said)]
    return end.join(lines).rstrip()


def _is_long(error: str) -> bool:
    """Whether a message takes a block of its own."""
    return "\n" in error.strip() or "`" in error


def _labelled(said: Said) -> list[tuple[str, str]]:
    return [(label, part) for label, part in (("Cause", said.cause), ("Solution", said.solution)) if part.strip()]


def _section(said: Said, end: str, hashes: str) -> str:
    """The same under a heading of its own."""
    blocks = [f"{hashes} {_line(said.title)}"]
    if said.kind == "challenge":
        blocks.append(f"**Problem:** {_line(said.title)}")
        if said.error_text.strip():
            blocks.append(end.join(fenced(said.error_text.strip("\n"))))
        blocks += [f"**{label}:** {_line(part)}" for label, part in _labelled(said)]
    elif said.detail.strip():
        blocks.append(_BEGINS_A_BLOCK.sub("\\\\", _line(said.detail)))
    return (end * 2).join(blocks)


def _row(like: str, said: Said) -> str:
    """A row of a table as wide as another; what has no column is not said, and then the proposal is not taken."""
    width = len(re.split(r"(?<!\\)\|", like.strip().strip("|")))
    cells = [said.title, *((said.solution, said.cause) if said.kind == "challenge" else (said.detail,))]
    cells = [_line(cell).replace("|", "\\|") for cell in (*cells, *[""] * width)][:width]
    return f"| {' | '.join(cells)} |"


def fenced(text: str) -> Sequence[str]:
    """The lines of a block of code that holds `text`, whatever fences are in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *re.split(r"\r\n?|\n", text), fence]


# --- More about what is there ----------------------------------------------------------------------------------------

Part = Literal["error_text", "cause", "solution", "commit"]
_LABELS: dict[Part, str] = {"error_text": "Error", "cause": "Cause", "solution": "Solution", "commit": "Commit"}


def answer_entry(text: str, number: int, part: Part, answer: str) -> Insertion | None:
    """`text` with `answer` put in, so that `parse` finds it as a part of the challenge that is entry `number` (from 0) of
    the text, which does not say that part yet; `commit` is the address of one, and becomes a part of what is said about the
    solution. In a table that may be a cell of a new column; what fits into no cell stands below the table and names the
    challenge (`is_apart`): it can be read there, and is found as no part of it.

    All else is as in `add_entry`. Raises IndexError for an entry that is not there.
    """
    before = parse(text)
    entry = before.entries[number]
    data = text.encode("utf-8")
    for pieces, is_apart in _answers(data, entry, part, answer):
        made = _put_in_all(data, pieces, is_apart=is_apart)
        after = parse(made.text).entries
        if len(after) != len(before.entries):
            continue
        told = [_told(found) for found in after if found is not after[number]]
        if told != [_told(found) for found in before.entries if found is not entry]:
            continue
        if is_apart or _is_answered(entry, after[number], part, answer):
            return made
    return None


def _put_in_all(data: bytes, pieces: Sequence[Piece], *, is_apart: bool) -> Insertion:
    for at, piece in reversed(pieces):
        data = data[:at] + piece.encode("utf-8", "replace") + data[at:]
    added = sum(len(piece.encode("utf-8", "replace")) for _, piece in pieces)
    return Insertion(data.decode("utf-8"), pieces[0].at, pieces[-1].at + added, is_apart)


def _is_answered(before: Entry, after: Entry, part: Part, answer: str) -> bool:
    same = {"kind", "title", "problem", "cause", "solution", "error_text"} - {part}
    if part == "commit":
        same -= {"solution"}
    if any(getattr(before, name) != getattr(after, name) for name in same):
        return False
    if part == "error_text":
        return bool(after.error_text)
    if part == "commit":
        was, said = words_of(before.solution or ""), words_of(after.solution or "")
        return said[: len(was)] == was and len(said) > len(was)
    return words_of(getattr(after, part) or "") == words_of(_shown(answer))


def _answers(data: bytes, entry: Entry, part: Part, answer: str) -> Iterator[tuple[Sequence[Piece], bool]]:
    """What may be put in, and whether it stands apart from what it is about."""
    table = table_at(data, entry.start) if entry.reason == "table-row" else None
    if table is None:
        yield from (((piece,), False) for piece in _below(data, entry, part, answer))
        return
    said = _told_in_line(part, answer)
    if not (part == "error_text" and _is_long(answer)):
        ways = behind_cells(table, f"({said})") if part == "commit" else cells_for(table, _LABELS[part], said)
        yield from ((pieces, False) for pieces in ways)
    end = _line_end(data)
    lead = f"{_LABELS[part]} of “{_line(entry.title)}”:"
    told = end * 2 + end.join(fenced(answer.strip("\n"))) if part == "error_text" and _is_long(answer) else f" {said}"
    yield (Piece(table.end, f"{end * 2}{lead}{told}"),), True


def _told_in_line(part: Part, answer: str) -> str:
    return {"error_text": f"`{answer.strip()}`", "commit": f"<{_line(answer)}>"}.get(part, _line(answer))


def _below(data: bytes, entry: Entry, part: Part, answer: str) -> Iterator[Piece]:
    """Below the challenge: as a line of its list, as a line, as a paragraph."""
    end = _line_end(data)
    item = _ITEM.match(_line_at(data, entry.start))
    at = _end_of_line(data, entry.end) if entry.end > entry.start else entry.end
    inner = ""
    if item:
        indent, mark = (item[1], item[2]) if item[2] else (item[3], item[4] + item[5])
        inner = indent + " " * (len(mark) + 1)
    label = _LABELS[part]
    if part == "error_text" and _is_long(answer):
        block = end.join(f"{inner}{line}".rstrip() for line in fenced(answer.strip("\n")))
        yield Piece(at, f"{end * 2}{block}")
        return
    said = _told_in_line(part, answer)
    if item:
        yield Piece(at, f"{end}{inner}- **{label}:** {said}")
    yield Piece(at, f"{end}{inner}**{label}:** {said}")
    yield Piece(at, f"{end * 2}{inner}**{label}:** {said}")
    if part == "commit":  # where the solution ends, in front of what else is said
        for line in _line_ends_within(data, entry.start, at):
            yield Piece(line, f" ({said})")


def _line_ends_within(data: bytes, first: int, last: int) -> list[int]:
    """Where lines end between two offsets, the last first; at most MAX_PROPOSALS."""
    return [match.start() for match in re.finditer(rb"(?<=[^\r\n])(?=[\r\n])", data[:last]) if match.start() > first][
        : -MAX_PROPOSALS - 1 : -1
    ]
