"""A refusal as GraphQL says it."""

from typing import Any

from nexus.api.problems import problem
from nexus.base.errors import NexusError


def refusal(error: NexusError) -> dict[str, Any]:
    """A domain error as an entry of `errors`."""
    members = problem(error)
    message, locations = members.pop("detail"), members.pop("locations", None)
    del members["title"]
    return {"message": message, **({"locations": locations} if locations else {}), "extensions": members}
