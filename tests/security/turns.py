"""Fewer requests in `make test`, all of them in `make test-security`."""

import os
from typing import Any

EVERYTHING = os.environ.get("NEXUS_TEST_FORMS") == "all"


def in_turn(cases: list[Any], place: int, number: int = 1) -> list[Any]:
    """All of them with `NEXUS_TEST_FORMS=all`; else as many as the number says, and others at each place."""
    return cases if EVERYTHING else [cases[(place * number + each) % len(cases)] for each in range(number)]
