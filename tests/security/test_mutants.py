"""S36: a check of rights that is taken out is missed, and so is a mistake in a merge: the quick tests kill 95 % of the
mutants of `hubs.access` and `pages.merge`, each of which differs from the module in one place."""

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.security.mutant import applied, in_functions

pytestmark = [pytest.mark.security, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
#: All of them with a number that is large enough (a quarter of an hour).
MUTANTS = int(os.environ.get("NEXUS_TEST_MUTANTS", "4"))
#: What an endless loop gets, in seconds; a run of the tests takes a tenth of it.
PATIENCE = 60


class Target(NamedTuple):
    """A module and the tests that hold it, the likeliest first; what says the same in other words, with its reason."""

    module: str
    tests: Sequence[str]
    equal: dict[str, str]


TARGETS = [
    Target("nexus.hubs.access", ["tests/hubs/test_access.py", "tests/hubs/test_lifetime.py"], {
        "f'{prefix}id__in' if prefix else 'pk__in' → f'{prefix}id__in'": "a hub's `id` is its `pk`",
        "if capability is not Capability.HUB_READ: → if True:": "who finds a hub may read it",
    }),
    Target("nexus.pages.merge", ["tests/pages/test_merge.py"], {}),
]  # fmt: skip


def is_killed(target: Target, number: int) -> bool:
    plugins = ["-p", "no:cacheprovider", "-p", "tests.security.mutant"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=no", *plugins, *target.tests],
            cwd=ROOT, env=os.environ | {"NEXUS_TEST_MUTANT": f"{target.module}:{number}"}, timeout=PATIENCE,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True
    assert done.returncode in (0, 1, 2), done.stdout + done.stderr
    return done.returncode != 0


#: Several workers share them.
PARTS = 1 if MUTANTS < 50 else 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("target", TARGETS, ids=[target.module for target in TARGETS])
def test_what_is_taken_out_is_missed(target: Target, part: int) -> None:
    told = [applied(tree, n) for n, tree in enumerate(trees(target))]
    wanted = [n for n, change in enumerate(told) if change not in target.equal]
    chosen = wanted[:: max(1, len(wanted) // MUTANTS)][part::PARTS]
    survivors = [told[number] for number in chosen if not is_killed(target, number)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants of {target.module} killed", survivors)
    assert len(survivors) <= len(chosen) * 0.05, survivors


def trees(target: Target) -> list[ast.Module]:
    source = (ROOT / "src" / Path(*target.module.split("."))).with_suffix(".py").read_text("utf-8")
    return [ast.parse(source) for _ in in_functions(ast.parse(source))]
