"""How a program says that it has looked: which suspects may be seen, with the request that shows them (pages.guard)."""

from collections.abc import Mapping

#: Ids of suspects, with commas between them; or `all`.
HEADER = "Nexus-Reviewed"
MEANS = (
    "Ids of `suspects` that may be seen by whoever reads the hub, with commas between them; or `all`. Without it what would "
    "show others a key, a password or somebody's data is refused (409 `secrets_found`)."
)


def reviewed(headers: Mapping[str, str]) -> frozenset[str]:
    """What a request's headers say."""
    return frozenset(one for given in headers.get(HEADER, "").split(",") if (one := given.strip()))
