"""S29: no answer of any address goes without the headers that browsers are protected by, refusals and errors among them."""

import re
import uuid

import pytest
from django.test import Client
from tests.security.inventory import ADDRESSES

from nexus.pages import actions

pytestmark = pytest.mark.security

#: What stands for the parts of an address: what is there, and what is not.
PARTS = {
    "hub": "cohort",
    "path": "a.md",
    "chapter": "concepts",
    "handle": "lea",
    "kind": "page",
    "start": "0",
    "slug": "x",
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")


def filled(address: str) -> str:
    """An address of a pattern."""
    address = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS.get(part[1], str(uuid.UUID(int=1))), address)
    address = re.sub(r"\(\?P<\w+>[^)]*\)", "x", address)
    return "/" + re.sub(r"[\^$]|\.\*", "", address)


def addresses() -> list[str]:
    return sorted(
        {filled(each) for each in ADDRESSES if not each.startswith("rotate")}
        | {"/nothing/there", "/api/v1/none", "/health/live", "/health/ready"}
    )


def test_every_answer_protects_whoever_gets_it(cast, hub, settings) -> None:
    settings.RATE_ANONYMOUS = 10**9
    actions.create_page(cast.alice, "cohort", "a.md", b"# A")
    client, lacking, asked = Client(raise_request_exception=False), set(), 0
    for address in addresses():
        for method in METHODS:
            answer = client.generic(method, address)
            asked += 1
            assert answer.status_code < 500, (method, address)
            referrer = answer.get("Referrer-Policy", "")
            wanted = {
                "nosniff": answer.get("X-Content-Type-Options") == "nosniff",
                "referrer": "no-referrer" in referrer or "same-origin" in referrer,
                "opener": answer.get("Cross-Origin-Opener-Policy") == "same-origin",
                "cache": bool(answer.get("Cache-Control")),
                "policy": bool(answer.get("Content-Security-Policy")),
            }  # fmt: skip
            policy = answer.get("Content-Security-Policy", "")
            wanted["inline"] = not re.search(r"script-src[^;]*'unsafe-(inline|eval)'", policy)
            wanted["frames"] = "frame-ancestors" in policy or "sandbox" in policy or bool(answer.get("X-Frame-Options"))
            lacking |= {(method, address, name) for name, there in wanted.items() if not there}
    assert asked > 700
    assert sorted(lacking) == []
