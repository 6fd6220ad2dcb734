"""How parts of an address are recognised."""

from nexus.hubs.models import SLUG_PATTERN


class HubConverter:
    """A hub's slug, and nothing that could not be one."""

    regex = SLUG_PATTERN.removeprefix("^").removesuffix("$")

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
