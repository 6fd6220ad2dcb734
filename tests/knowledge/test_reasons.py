"""Every rule that finds something can be told to a reader."""

import re
from pathlib import Path

from nexus import markdown
from nexus.knowledge.reasons import REASONS, why


def test_every_rule_has_its_words():
    sources = "".join(path.read_text() for path in Path(markdown.__file__).parent.glob("*.py"))
    named = set(re.findall(r'reason(?:: str)? = "([a-z-]+)"|reason="([a-z-]+)"|0\.\d+, "([a-z-]+)"', sources))
    used = {name for names in named for name in names if name} | set(
        re.findall(r'found\.reason = .*"([a-z-]+)"', sources)
    )
    assert {"label-pair", "story", "listed-name", "table-row", "sub-heading"} <= used
    assert used <= REASONS.keys()


def test_a_doubtful_find_says_so():
    assert why("challenge", "story", 0.5).startswith("Perhaps a challenge: the text tells it")
    assert why("challenge", "label-pair", 0.95).startswith("Taken for a challenge because the text labels it")
    assert why("practice", "not-a-rule", 0.9) == "Taken for a practice because it stands where such things stand."
