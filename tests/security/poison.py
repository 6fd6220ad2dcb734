"""Texts that were a burden to others (E7, E8), and how they come into the store without being read first."""

from nexus.accounts.actor import Actor, Door
from nexus.markdown import MAX_BYTES, PARSER_VERSION, parse
from nexus.pages import actions as pages
from nexus.pages import arrivals
from nexus.pages.documents import document_key
from nexus.pages.models import StoredDocument
from nexus.pages.parsing import Parsed


def aliases(deep: int = 12, wide: int = 9) -> str:
    """YAML whose last line stands for wide ** deep words."""
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * wide)}]" for n in range(1, deep)]
    return "---\n" + "\n".join(lines) + "\ntitle: *a11\n---\n# Aliases\n"


def table(cells: int) -> str:
    rows = "| a | b | c | d | e |\n" * (cells // 5)
    return f"| a | b | c | d | e |\n|-|-|-|-|-|\n{rows}"


POISON = {
    "aliases": aliases(),
    "brackets": "[" * MAX_BYTES,
    "quotes": "> " * 100_000 + "a\n",
    "marks": "a" + "\u0301" * ((MAX_BYTES - 1) // 2),
    "table": table(100_000),
    "html": "<div>" * 200_000 + "x",
    "lists": "\n".join("  " * n + "- a" for n in range(1_200)),
    "emphasis": "*a_ " * 400_000,
}


def poisoned(slug: str, texts: dict[str, str] | None = None) -> None:
    """Pages by name (those of POISON), stored with what an older parser made of them, which was next to nothing."""
    trivial = Parsed.of(parse("# Of before\n"))
    asked, arrivals.parse_bounded = arrivals.parse_bounded, lambda _data: trivial
    try:
        for name, text in (texts or POISON).items():
            pages.create_page(Actor.operator(Door.WEB), slug, f"{name}.md", text.encode())
            stored = StoredDocument.objects.filter(blob__versions__page__path=f"{name}.md", parser=PARSER_VERSION)
            for pk, blob in stored.values_list("pk", "blob_id"):
                StoredDocument.objects.filter(pk=pk).update(key=document_key(blob, "0"), parser="0")
    finally:
        arrivals.parse_bounded = asked
