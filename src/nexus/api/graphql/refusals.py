"""A refusal as GraphQL says it."""

from typing import Any

from nexus.api.problems import problem
from nexus.base.errors import NexusError


def refusal(error: NexusError, status: int | None = None) -> dict[str, Any]:
    """A domain error as an entry of `errors`; status: of the answer, where that is another than the error's."""
    members = problem(error, status)
    message, locations = members.pop("detail"), members.pop("locations", None)
    del members["title"]
    return {"message": message, **({"locations": locations} if locations else {}), "extensions": members}
