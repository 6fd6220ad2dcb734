"""axe-core (npm, `frontend/`) over what a page shows at the moment."""

from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
#: WCAG 2.2 A and AA, and what axe's authors hold to be good besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """What axe finds wrong, one line a place: the rule, the element, and what would mend it."""
    if not AXE.exists():
        pytest.skip("npm package axe-core is not installed (make setup)")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)
    assert found["passes"], "axe looked at nothing"
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
