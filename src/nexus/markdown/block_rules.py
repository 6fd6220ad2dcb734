"""Block syntax beyond CommonMark."""

from markdown_it.rules_block import StateBlock
from mdit_py_plugins.footnote.index import footnote_def

_INSIDE_FOOTNOTE = "inside_footnote"
_DELIMITER = "$$"


def math(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """`$$ ... $$` on lines of its own, without blank lines inside, as GitHub reads it.

    Where no closing `$$` was found before, none is looked for again: a run of openers costs one look.
    """
    if state.is_code_block(start_line):
        return False
    first = _line(state, start_line)
    if not first.startswith(_DELIMITER):
        return False
    if len(first) > 4 and first.endswith(_DELIMITER):
        return _push(state, start_line, start_line, [first[2:-2]], silent)
    if _DELIMITER in first[2:] or start_line < state.env.get("math_without_end", 0):
        return False
    content = [first[2:]]
    for line in range(start_line + 1, end_line):
        text = _line(state, line)
        if not text or state.sCount[line] < state.blkIndent:
            break
        if text.endswith(_DELIMITER):
            return _push(state, start_line, line, [*content, text[:-2]], silent)
        content.append(text)
    else:
        line = end_line
    state.env["math_without_end"] = line
    return False


def footnote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """`[^1]: text`. Not inside another footnote: moving both to the end would tear the blocks around them apart."""
    if state.env.get(_INSIDE_FOOTNOTE):
        return False
    state.env[_INSIDE_FOOTNOTE] = True
    try:
        return footnote_def(state, start_line, end_line, silent)
    finally:
        state.env[_INSIDE_FOOTNOTE] = False


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _push(state: StateBlock, first: int, last: int, content: list[str], silent: bool) -> bool:
    if not silent:
        state.line = last + 1
        token = state.push("math_block", "math", 0)
        token.block = True
        token.content = "\n".join(content).strip("\n")
        token.map = [first, last + 1]
    return True
