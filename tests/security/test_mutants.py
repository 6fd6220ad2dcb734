"""S36: a check of rights that is taken out is missed: of the mutants of `hubs.access`, each with one check less, the quick
tests of rights kill at least three in four."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.security.mutant import applied, in_functions

pytestmark = [pytest.mark.security, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
MODULE = "nexus.hubs.access"
SOURCE = ROOT / "src/nexus/hubs/access.py"
#: All of them with a number that is large enough (a quarter of an hour).
MUTANTS = int(os.environ.get("NEXUS_TEST_MUTANTS", "4"))
TESTS = [
    "tests/hubs/test_access.py", "tests/hubs/test_actions.py", "tests/hubs/test_invitations.py",
    "tests/hubs/test_lifetime.py", "tests/hubs/test_queries.py", "tests/accounts/test_tokens.py",
    "tests/pages/test_guard.py",
    "tests/security/test_graphql_canary.py::test_a_token_reaches_no_further_than_it_says",
]  # fmt: skip
#: What says the same in other words: a hub's `id` is its `pk`.
EQUAL = ("f'{prefix}id__in' if prefix else 'pk__in' → f'{prefix}id__in'",)


def is_killed(number: int) -> bool:
    plugins = ["-p", "no:cacheprovider", "-p", "tests.security.mutant"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=no", *plugins, *TESTS],
        cwd=ROOT, env=os.environ | {"NEXUS_TEST_MUTANT": f"{MODULE}:{number}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stdout + done.stderr
    return done.returncode != 0


#: Several workers share them.
PARTS = 1 if MUTANTS < 50 else 4


@pytest.mark.parametrize("part", range(PARTS))
def test_a_check_that_is_taken_out_is_missed(part: int) -> None:
    told = [applied(tree, n) for n, tree in enumerate(trees())]
    wanted = [n for n, change in enumerate(told) if change not in EQUAL]
    chosen = wanted[:: max(1, len(wanted) // MUTANTS)][part::PARTS]
    survivors = [told[number] for number in chosen if not is_killed(number)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed", survivors)
    assert len(survivors) <= len(chosen) * 0.25, survivors


def trees() -> list[ast.Module]:
    source = SOURCE.read_text("utf-8")
    return [ast.parse(source) for _ in in_functions(ast.parse(source))]
