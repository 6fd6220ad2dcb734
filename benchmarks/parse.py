"""Parse throughput over a folder of notes, as a ratio to plain markdown-it-py rendering of the same files.

    python benchmarks/parse.py [FOLDER | ARCHIVE.tar.gz] [--rounds 5]

Both are measured in turns in one process, by CPU time; the ratio of the best rounds is what can be compared between
machines. A ratio of 2 says: everything Nexus reads out of a text costs as much again as its bare HTML.
"""

import argparse
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt

from nexus.markdown import Document, Target, parse

DEFAULT = Path(__file__).resolve().parents[2] / "shared/data/notes/til.tar.gz"


def texts_of(source: Path) -> list[str]:
    if source.is_dir():
        return [path.read_bytes().decode() for path in sorted(source.rglob("*.md"))]
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
        return texts_of(Path(folder))


def seconds(work: Callable[[str], object], texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not options.source.exists():
        sys.exit(f"{options.source} does not exist: name a folder of Markdown files.")
    texts = texts_of(options.source)
    plain = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    stored = [parse(text).to_json() for text in texts]
    work: dict[str, tuple[Callable[[str], object], list[str]]] = {
        "plain markdown-it-py render": (plain.render, texts),
        "parse": (parse, texts),
        "parse and to_json": (lambda text: parse(text).to_json(), texts),
        "from_json and render": (lambda data: Document.from_json(data).render(lambda r: Target(r.target)), stored),
    }
    best = dict.fromkeys(work, float("inf"))
    for _ in range(options.rounds):
        for name, (function, inputs) in work.items():
            best[name] = min(best[name], seconds(function, inputs))
    base = best["plain markdown-it-py render"]
    print(f"{len(texts)} texts, {sum(map(len, texts)) / len(texts):.0f} characters each, best of {options.rounds}")
    for name, taken in best.items():
        each = taken / len(texts)
        print(f"{name:30} {each * 1e3:7.3f} ms/text   {1 / each:7.0f} texts/s   x{taken / base:.2f}")


if __name__ == "__main__":
    main()
