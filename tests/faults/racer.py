"""One of several processes that get in each other's way: `python -m tests.faults.racer paths|verbs SEED [DEEDS]`."""

import contextlib
import random
import sys

import django


def main(what: str, seed: int, deeds: int = 60) -> None:
    django.setup()
    from nexus.accounts.actor import Actor
    from nexus.base.errors import Conflict, Invalid, NotFound
    from nexus.pages import actions, queries

    actor, draw = Actor.operator(), random.Random(seed)

    def contested_paths() -> None:
        """Prints each path it won."""
        for n in range(20):
            for path in (f"a/{n}.md", f"b/{n}", f"b/{n}/c.md"):
                try:
                    actions.create_page(actor, "race", path, str(seed).encode())
                    print(path)
                except Conflict:
                    pass

    paths, folders = ["x/1.md", "x/2.md", "y/1.md", "y/x/3.md", "z.md"], ["x", "y", "y/x", "w/v", "x/u"]

    def text() -> bytes:
        return str(draw.random()).encode()

    def edit(path: str) -> None:
        actions.edit_page(actor, "race", path, text(), base=queries.path_for(actor, "race", path).head_id)

    verbs = [
        lambda: actions.create_page(actor, "race", draw.choice(paths), text()),
        lambda: edit(draw.choice(paths)),
        lambda: actions.move_page(actor, "race", *draw.sample(paths, 2)),
        lambda: actions.move_page(actor, "race", *draw.sample(folders, 2)),
        lambda: actions.delete_page(actor, "race", draw.choice([*paths, "x", "y"])),
        lambda: actions.restore_page(actor, "race", draw.choice(paths)),
        lambda: actions.revert_change(actor, "race", draw.randint(2, deeds)),
    ]

    def any_verb() -> None:
        for _ in range(deeds):
            with contextlib.suppress(Conflict, Invalid, NotFound):
                draw.choice(verbs)()

    {"paths": contested_paths, "verbs": any_verb}[what]()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
