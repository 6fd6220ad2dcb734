"""Asking /graphql as somebody."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from nexus.accounts.credentials import access_token

type Ask = Callable[..., Any]


def bearer(cast, name: str) -> dict[str, str]:
    """The headers of somebody who shows an access token; of nobody for "anonymous"."""
    if name == "anonymous":
        return {}
    return {"Authorization": f"Bearer {access_token(cast.user(name), uuid.uuid4())}"}


@pytest.fixture
def post(client, cast) -> Ask:
    """Posts a body to /graphql as somebody; the response."""

    def post(body: Any, name: str = "anonymous", content_type: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post("/graphql", data, content_type, headers=bearer(cast, name) | headers)

    return post


@pytest.fixture
def ask(post) -> Ask:
    """The data that a query finds; an error of the whole query fails the test."""

    def ask(query: str, name: str = "anonymous", **variables: Any) -> Any:
        response = post({"query": query, "variables": variables}, name)
        said = response.json()
        assert response.status_code == 200, said
        assert "errors" not in said, said
        return said["data"]

    return ask
