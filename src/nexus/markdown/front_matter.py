"""YAML front matter: the block between two `---` lines that opens a page.

Only plain data comes in: PyYAML's safe loader, no anchors and aliases (306 bytes of them expand to 9^9 values), no more
than 64 kB, a mapping at the top, and values JSON can carry. A block that is not that stays visible as text.
"""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

MAX_BYTES = 64_000
_MAX_DEPTH = 20

try:
    _LOADER: Any = yaml.CSafeLoader
except AttributeError:  # libyaml is optional
    _LOADER = yaml.SafeLoader


@dataclass(frozen=True)
class FrontMatter:
    """`lines` of the source belong to the block (0: there is none); a bad one has no `data` and a `warning`."""

    lines: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    warning: str | None = None


def read(lines: list[str]) -> FrontMatter:
    """The front matter of a text given as lines without line ends. Never raises."""
    if lines[0].rstrip(" \t") != "---":
        return FrontMatter()
    size = 0
    for end in range(1, len(lines)):
        size += len(lines[end].encode()) + 1
        if size > MAX_BYTES:
            return FrontMatter()
        if lines[end].rstrip(" \t") in {"---", "..."}:
            break
    else:
        return FrontMatter()
    if end == 1 or not lines[1].strip():
        return FrontMatter()
    try:
        data = _load("\n".join(lines[1:end]))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return FrontMatter(end + 1, {}, f"The front matter is shown as text: {reason}.")
    if data is None:
        return FrontMatter()
    return FrontMatter(end + 1, data)


def _load(block: str) -> dict[str, Any] | None:
    depth = 0
    for event in yaml.parse(block, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("anchors and aliases are not allowed")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError(f"it is nested more than {_MAX_DEPTH} levels deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
    data = yaml.load(block, Loader=_LOADER)  # noqa: S506 - _LOADER is the safe loader
    if not isinstance(data, dict):
        # `---`, a paragraph, `---` is how many people draw two rules.
        return None
    return {str(key): _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        raise ValueError("binary values are not allowed")  # noqa: TRY004 - the value is wrong, not the call
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        return str(value)
    return value


def words(value: Any) -> list[str]:
    """A front matter value that names things: a list of them, or one string with commas or spaces between."""
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split()
    if not isinstance(value, list):
        return []
    return [text for item in value if isinstance(item, (str, int)) and (text := str(item).strip().lstrip("#"))]
