"""Texts that make careless parsers slow: each generator gives about `n` characters."""

from collections.abc import Callable


def _repeat(unit: str, tail: str = "") -> Callable[[int], str]:
    return lambda n: unit * max(1, (n - len(tail)) // len(unit)) + tail


def _deep_quotes(n: int) -> str:
    return "> " * (n // 2) + "a"


def _deep_lists(n: int) -> str:
    depth = int((n / 2) ** 0.5)
    return "\n".join("  " * i + "- a" for i in range(depth))


def _wide_table(n: int) -> str:
    columns = max(2, n // 8)
    return "|a" * columns + "|\n" + "|-" * columns + "|\n" + "|b|\n" * 20


def _tall_table(n: int) -> str:
    return "|a|b|c|\n|-|-|-|\n" + "|x|\n" * (n // 4)


def _link_definitions(n: int) -> str:
    return "\n".join(f"[r{i}]: /url/{i}" for i in range(n // 20)) + "\n\n" + "[r0] [r1] " * 20


def _same_definition(n: int) -> str:
    return "[a]: /u\n\n" + "[a]" * (n // 3)


def _footnotes(n: int) -> str:
    return "\n\n".join(f"x[^{i}]\n\n[^{i}]: note" for i in range(n // 24))


def _backticks(n: int) -> str:
    out, i = "", 1
    while len(out) < n:
        out += "e" + "`" * i
        i += 1
    return out[:n]


def _formatting_in_paragraphs(n: int) -> str:
    return "".join(f"<b title={i}>" for i in range(200)) + "<p>x" * (n // 4)


def _cells_escape_scope(n: int) -> str:
    return "<div><table><tr><td></div>" * (n // 26)


GENERATORS: dict[str, Callable[[int], str]] = {
    "nested brackets": _repeat("[", "a]"),
    "open brackets": _repeat("[[["),
    "image brackets": _repeat("![!["),
    "wikilink openers": _repeat("[[a|"),
    "unclosed links": _repeat("[a]("),
    "brackets and parens": _repeat("[](("),
    "emphasis openers": _repeat("*a "),
    "emphasis runs": _repeat("*a_ "),
    "emphasis closers": _repeat("a**"),
    "mixed emphasis": _repeat("**x *y __z "),
    "strikes": _repeat("~~a ~"),
    "backticks": _backticks,
    "tag openers": _repeat("<a <a "),
    "unclosed attributes": _repeat('<a href="'),
    "comments": _repeat("<!-- "),
    "cdata": _repeat("<![CDATA["),
    "instructions": _repeat("<?x "),
    "declarations": _repeat("<!A "),
    "autolinks": _repeat("<http:"),
    "bare addresses": _repeat("http://a_b.c"),
    "bare www": _repeat("www.a_b."),
    "colons": _repeat(":"),
    "mail signs": _repeat("a@"),
    "dollars": _repeat("$a "),
    "double dollars": _repeat("$$a\n"),
    "entities": _repeat("&amp"),
    "escapes": _repeat("\\"),
    "deep quotes": _deep_quotes,
    "quote lines": _repeat("> a\n"),
    "deep lists": _deep_lists,
    "list markers": _repeat("- "),
    "numbered markers": _repeat("1. "),
    "wide table": _wide_table,
    "tall table": _tall_table,
    "link definitions": _link_definitions,
    "one definition": _same_definition,
    "open definitions": _repeat("[a]:\n"),
    "footnotes": _footnotes,
    "footnote openers": _repeat("[^a"),
    "deep html": _repeat("<div>"),
    "deep html blocks": _repeat("<div>\n\n"),
    "formatting in paragraphs": _formatting_in_paragraphs,
    "closed outside their scope": _cells_escape_scope,
    "crossed formatting": _repeat("<b><div></b>"),
    "hashes": _repeat("#"),
    "headings": _repeat("# a\n"),
    "rules": _repeat("---\n"),
    "setext": _repeat("a\n=\n"),
    "fences": _repeat("```\n"),
    "code in python": lambda n: "```python\n" + "(" * n + "\n```",
    "strings in javascript": lambda n: "```js\n" + "`${" * (n // 3) + "\n```",
    "html code": lambda n: "```html\n" + "<a " * (n // 3) + "\n```",
    "spaces": _repeat(" ", "a"),
    "tabs": _repeat("\t", "a"),
    "one line": _repeat("word "),
    "lines": _repeat("word\n"),
    "challenge labels": lambda n: "# Challenges\n\n" + "Challenge: a. Solution: " * (n // 24),
    "challenge items": lambda n: "# Challenges\n\n" + "- Challenge: a\n  - Solution: b\n" * (n // 30),
    "technology names": lambda n: "# Technologies\n\n" + "- " + "Docker & " * (n // 9),
    "separated lists": lambda n: (
        "# Challenges\n\n" + "- docker broke\n" * (n // 30) + "\n# Solutions\n\n" + "- fixed docker\n" * (n // 30)
    ),
    "front matter": lambda n: "---\n" + "a: [" * (n // 4) + "\n---\n",
    "front matter open": _repeat("---\na: b\n"),
    "byte order marks": _repeat("\ufeff"),
    "astral": _repeat("😀[a](b) "),
    "carriage returns": _repeat("a\r"),
}
