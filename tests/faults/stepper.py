"""Deeds of pages, each killed at every moment, or every STRIDEth: `python -m tests.faults.stepper HUB [STRIDE]`. Prints a
line for each kill,
`DEED MOMENT before|after|between`, and `DEED MOMENT done` for the run that came to its end.

Each run is a process of its own, forked from this one, which has no connection; it works in a folder of its own and is
killed later than the last (tests.faults.importer: an odd one is just before an SQL statement, an even one just after).
"""

import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import django
from tests.faults.importer import killed_at


class Deed(NamedTuple):
    """What is there before, what is done, and what is there after it: paths in the folder with their texts."""

    before: dict[str, str]
    do: Callable[["Place"], Any]
    after: dict[str, str]
    #: Done before, once the pages of `before` are there; what is there then is `begin`.
    prepare: Callable[["Place"], Any] = lambda _place: None
    begin: dict[str, str] | None = None


class Place:
    """A folder of a hub."""

    def __init__(self, hub: str, folder: str) -> None:
        from nexus.accounts.actor import Actor
        from nexus.pages import actions, blobs, queries

        self.actor, self.hub, self.folder = Actor.operator(), hub, folder
        self.actions, self.blobs, self.queries = actions, blobs, queries

    def at(self, path: str) -> str:
        return f"{self.folder}/{path}"

    def head(self, path: str) -> Any:
        return self.queries.path_for(self.actor, self.hub, self.at(path)).head_id

    def create(self, path: str, text: str) -> Any:
        return self.actions.create_page(self.actor, self.hub, self.at(path), text.encode())

    def edit(self, path: str, text: str, base: Any = None, **more: Any) -> Any:
        base = base or self.head(path)
        return self.actions.edit_page(self.actor, self.hub, self.at(path), text.encode(), base=base, **more)

    def delete(self, path: str) -> Any:
        return self.actions.delete_page(self.actor, self.hub, self.at(path) if path else self.folder)

    def move(self, source: str, target: str) -> Any:
        return self.actions.move_page(self.actor, self.hub, self.at(source), self.at(target))

    def restore(self, path: str) -> Any:
        return self.actions.restore_page(self.actor, self.hub, self.at(path))

    def revert(self) -> Any:
        from nexus.pages.models import Change

        last = Change.objects.filter(hub__slug=self.hub).latest("seq").seq
        return self.actions.revert_change(self.actor, self.hub, last)

    def together(self) -> Any:
        step = self.actions.Step
        steps = [
            step("create", self.at("c.md"), content=b"c\n"), step("delete", self.at("x/b.md")),
            step("edit", self.at("a.md"), content=b"A\n", base=self.head("a.md")),
        ]  # fmt: skip
        return self.actions.change_pages(self.actor, self.hub, steps)

    def texts(self) -> dict[str, str]:
        start = f"{self.folder}/"
        return {
            page.path.removeprefix(start): self.blobs.read(page.blob).decode("latin-1")
            for page in self.queries.all_paths(self.actor, self.hub) if page.path.startswith(start)
        }  # fmt: skip


TWO = {"a.md": "one\n\ntwo\n\nthree\n", "x/b.md": "# B\n\n## Technologies\n\n- **Redis**: kept\n"}
ALONE = {"a.md": TWO["a.md"]}
MOVED = {"a.md": TWO["a.md"], "y/b.md": TWO["x/b.md"]}
EDITED = TWO | {"a.md": "ONE\n\ntwo\n\nthree\n"}


def _edit_at_both_ends(place: Place) -> None:
    """Somebody else changed another line since the version that is edited."""
    base = place.head("a.md")
    place.edit("a.md", EDITED["a.md"])
    place.base = base  # type: ignore[attr-defined]  # for the deed alone


DEEDS = {
    "create": Deed(TWO, lambda p: p.create("c.md", "# C\n"), TWO | {"c.md": "# C\n"}),
    "attach": Deed(TWO, lambda p: p.create("c.bin", "\0\1"), TWO | {"c.bin": "\0\1"}),
    "save": Deed(TWO, lambda p: p.edit("a.md", EDITED["a.md"]), EDITED),
    "merge": Deed(TWO, lambda p: p.edit("a.md", "one\n\ntwo\n\nTHREE\n", p.base, on_stale="merge"),  # type: ignore[attr-defined]
                  TWO | {"a.md": "ONE\n\ntwo\n\nTHREE\n"}, _edit_at_both_ends, EDITED),
    "move": Deed(TWO, lambda p: p.move("x/b.md", "y/b.md"), MOVED),
    "move a folder": Deed(TWO, lambda p: p.move("x", "y"), MOVED),
    "delete": Deed(TWO, lambda p: p.delete("x/b.md"), ALONE),
    "delete a folder": Deed(TWO, lambda p: p.delete(""), {}),
    "restore": Deed(TWO, lambda p: p.restore("x/b.md"), TWO, lambda p: p.delete("x/b.md"), ALONE),
    "revert": Deed(TWO, lambda p: p.revert(), TWO, lambda p: p.move("x", "y"), MOVED),
    "several at once": Deed(TWO, lambda p: p.together(), {"a.md": "A\n", "c.md": "c\n"}),
}  # fmt: skip


def forked(work: Callable[[], int]) -> int:
    """The exit code of a process that does it; -9 when it was killed."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        code = work()
    except Exception:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def run(hub: str, deed: Deed, folder: str, moment: int) -> int:
    place = Place(hub, folder)
    for path, text in deed.before.items():
        place.create(path, text)
    deed.prepare(place)
    with killed_at(moment):
        deed.do(place)
    return 0


#: What is there after a kill, by the exit code of the process that looks.
FOUND = ("before", "after", "between")


def look(hub: str, deed: Deed, folder: str) -> int:
    there = Place(hub, folder).texts()
    begin = deed.before if deed.begin is None else deed.begin
    return 0 if there == begin else 1 if there == deed.after else 2


def main(hub: str, stride: int = 1) -> None:
    django.setup()
    for number, (name, deed) in enumerate(DEEDS.items()):
        for moment in range(1, 1_000, stride):
            folder = f"d{number}/{moment}"
            code = forked(partial(run, hub, deed, folder, moment))
            assert code in (0, -9), (name, moment, code)
            found = FOUND[forked(partial(look, hub, deed, folder))]
            print(f"{name}\t{moment}\t{found if code else 'done'}", flush=True)
            if code == 0:
                assert found == "after", (name, found)
                break


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
