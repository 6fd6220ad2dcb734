"""A client of the API: each of the cast with a token of their own."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from tests.conftest import Cast

from nexus.accounts import credentials
from nexus.base.ids import uuid7


@dataclass
class Caller:
    """Somebody who calls the API; `headers` go with every call."""

    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def __call__(
        self, method: str, address: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any
    ):
        """The answer; `body` is sent as JSON, bytes as they are."""
        kind = "application/json"
        if isinstance(body, bytes):
            kind = "text/markdown"
        elif body is not None:
            body = json.dumps(body)
        return self.client.generic(
            method, f"/api/v1/{address}", body or b"", kind if body is not None else "",
            headers=self.headers | (headers or {}), query_params=query or None,
        )  # fmt: skip

    def get(self, address: str, **query: Any) -> Any:
        """The JSON of a 200."""
        return self.json(200, self("GET", address, **query))

    def post(self, address: str, body: Any = None, status: int = 201) -> Any:
        """The JSON of a 201."""
        return self.json(status, self("POST", address, {} if body is None else body))

    def refused(self, status: int, code: str, method: str, address: str, body: Any = None, **rest: Any) -> Any:
        """The problem document with which a call is refused."""
        answer = self(method, address, body, **rest)
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code), told
        assert answer["Content-Type"] == "application/problem+json"
        assert told["status"] == status
        assert told["title"]
        return told

    @staticmethod
    def json(status: int, answer: Any) -> Any:
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.json() if status != 204 else None


@pytest.fixture
def api(cast: Cast):
    """`api("lea")` calls as Lea, by an access token; `api()` as nobody."""

    def caller(name: str = "anonymous") -> Caller:
        if name == "anonymous":
            return Caller()
        token = credentials.access_token(cast.user(name), uuid7())
        return Caller({"Authorization": f"Bearer {token}"})

    return caller
