"""One form in which texts and questions are compared: case, accents, width and punctuation do not count.

Every character is folded to exactly one, so a place in the folded text is the same place in the text itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

#: Punctuation that belongs to a word when it stands inside of one: `node.js`, `select_related`, `3.13`, `ci/cd`, `c++`.
INNER = "._-/:@+#"
#: Those of them that are no part of a word where it begins or ends.
AT_THE_EDGE = ".-/:@"
#: A run of these beside a space; each run is begun once, so that a long one takes no longer than its length.
_EDGES = re.compile(r"(?<= )[.\-/:@]++|(?<![.\-/:@])[.\-/:@]++(?= )")
#: Kana with and without these marks are other syllables, not accents.
_KEPT_MARKS = {
    "\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}",
    "\N{COMBINING KATAKANA-HIRAGANA SEMI-VOICED SOUND MARK}",
}


class _Folded(dict[int, int]):
    """Code point → code point, worked out when first met."""

    def __missing__(self, point: int) -> int:
        self[point] = folded = ord(_folded(chr(point)))
        return folded


def _folded(character: str) -> str:
    if character in INNER:
        return character
    parts = unicodedata.normalize("NFKD", character)
    marks = parts[1:]
    if marks and all(unicodedata.category(mark) == "Mn" and mark not in _KEPT_MARKS for mark in marks):
        parts = parts[0]
    lowered = parts.casefold()
    if len(lowered) != 1:  # `ß`, `ﬁ`, Hangul: one character each, so that places stay
        lowered = character.lower() if len(character.lower()) == 1 else character
    is_part_of_word = lowered.isalnum() or unicodedata.category(lowered)[0] == "M"
    return lowered if is_part_of_word else " "


_FOLDED = _Folded()


def composed(text: str) -> str:
    """`text` as one line of characters that each stand for themselves (NFC, without NUL and lone surrogates)."""
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    return unicodedata.normalize("NFC", clean)


def fold(text: str) -> str:
    """The form of `text` (composed) that is compared: as many characters, words between one or more spaces."""
    folded = text.translate(_FOLDED)
    for _ in range(2):  # enough for prose, and much faster than the pattern
        before = folded
        for mark in AT_THE_EDGE:
            if mark in folded:
                folded = folded.replace(f"{mark} ", "  ").replace(f" {mark}", "  ")
        if folded == before:
            return folded
    return _EDGES.sub(lambda run: " " * len(run[0]), folded)


def padded(text: str) -> str:
    """`fold` with a space at both ends, so that the first and the last word have edges like all others."""
    return fold(f" {text} ")


def fold_path(path: str) -> str:
    """The form of a path that is compared: its segments and their parts as words, a space at both ends."""
    return padded(composed(path)).translate(_SPLIT)


_SPLIT = str.maketrans(dict.fromkeys("._-/:@", " "))


def places(text: str, words: Sequence[str], limit: int = 50) -> Iterator[tuple[int, int]]:
    """Where `words` (folded) stand in a text (composed), as a search finds them: at most `limit` of each, unordered."""
    folded = padded(text)
    for word in words:
        before, after = edges(word)
        wanted = before + word + after
        at = folded.find(wanted)
        for _ in range(limit):
            if at < 0:
                break
            start = at + len(before) - 1
            yield start, start + len(word)
            at = folded.find(wanted, at + 1)


def edges(word: str) -> tuple[str, str]:
    """What must stand before and after a folded word where it is found: `go` is a whole word, `api` begins one, and what
    is longer, or of a script that writes without spaces or with few letters, may stand anywhere."""
    if not word.isascii() or len(word) > 3:
        return "", ""
    return (" ", " ") if len(word) < 3 else (" ", "")


def merged(ranges: Iterator[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The ranges in order, those that touch as one."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((start, end))
    return tuple(made)
