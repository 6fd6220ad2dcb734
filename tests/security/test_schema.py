"""S30: requests made from the OpenAPI document, by six people who may do different things. No answer is an error of ours,
and each is one that the document names, in the form that it gives it."""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.conftest import Cast, make_hub

from nexus.accounts import actions as accounts
from nexus.accounts import credentials
from nexus.api.rest.reference import document, plain
from nexus.base.ids import uuid7
from nexus.exchange import jobs
from nexus.exchange.models import Delivery, Webhook
from nexus.hubs.models import Hub, Invitation
from nexus.knowledge.models import Entry
from nexus.pages import actions
from nexus.pages.models import Change, Page

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]

ACTORS = ("anonymous", "charlie", "gus", "lea", "alice", "alice's program")
USERS = ACTORS[1:5]
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
TEXT = (
    b"# Notes\n\n## Technologies\n\n- Docker\n- Redis\n\n## Challenges\n\n- **Challenge:** The port is taken.\n"
    b"  **Solution:** Another port.\n"
)
SCHEMA = schemathesis.openapi.from_dict(plain(document()))
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}
#: Requests in all: 20,000 by `make test-security`, 200,000 by `make fuzz`.
REQUESTS = int(os.environ.get("NEXUS_TEST_REQUESTS", "500"))


@pytest.fixture
def send(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Any]:
    """Sends a case as somebody."""
    monkeypatch.setattr(jobs, "wake", lambda: None)  # its thread would need a database of its own, and fetch addresses
    settings.RATE_ANONYMOUS = settings.RATE_SIGNED_IN = 10**9
    for slug, visibility in (("open", "public"), ("cohort", "private")):
        make_hub(cast, slug, visibility)
        actions.create_page(cast.lea, slug, "lea/notes.md", TEXT)
        actions.create_page(cast.alice, slug, "README.md", b"# Read me\n\nSee [notes](lea/notes.md).\n")
    program = accounts.create_personal_token(cast.alice, "program", scopes=["read"])[1]
    app = get_wsgi_application()
    headers: dict[str, dict[str, str]] = {"anonymous": {}, "alice's program": {"Authorization": f"Bearer {program}"}}

    def sent(case: Any, name: str) -> Any:
        if name not in headers:
            user = cast.user(name)
            user.refresh_from_db()
            headers[name] = {"Authorization": f"Bearer {credentials.access_token(user, uuid7())}"}
        case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != "authorization"} | headers[name]
        response = case.call(app=app, base_url="http://testserver")
        if "sign-out" in case.path and name in USERS:
            del headers[name]  # a new one the next time
        return response

    return sent


def known(name: str) -> list[str]:
    """Values of a part of an address that name something."""
    match name:
        case "hub":
            return list(Hub.objects.values_list("slug", flat=True)[:10])
        case "page_id":
            return [str(pk) for pk in Page.objects.order_by("-seq").values_list("pk", flat=True)[:20]]
        case "entry_id":
            return [str(pk) for pk in Entry.objects.values_list("pk", flat=True)[:20]]
        case "seq":
            return [str(seq) for seq in Change.objects.values_list("seq", flat=True)[:20]]
        case "invitation_id":
            return [str(pk) for pk in Invitation.objects.values_list("pk", flat=True)[:20]]
        case "webhook_id":
            return [str(pk) for pk in Webhook.objects.values_list("pk", flat=True)[:20]]
        case "delivery_id":
            return [str(pk) for pk in Delivery.objects.values_list("pk", flat=True)[:20]]
        case "number":
            return ["1", "2"]
        case "topic":
            return ["docker", "redis"]
        case "handle" | "username":
            return ["lea", "alice", "charlie"]
    return []


def aimed(case: Any, chosen: st.DataObject) -> None:
    """Has most requests meet something: random names find nothing, and so test nothing but that."""
    for name in case.path_parameters:
        which = chosen.draw(st.integers(0, 124))  # always drawn: how many there are differs from time to time
        if (options := known(name)) and which < 100:
            case.path_parameters[name] = options[which % len(options)]
    if "If-Match" in (case.headers or {}) and chosen.draw(st.booleans()):
        head = Page.objects.filter(pk=case.path_parameters["page_id"]).values_list("head_id", flat=True).first()
        case.headers["If-Match"] = f'"{head}"'
    if "Idempotency-Key" in (case.headers or {}) and chosen.draw(st.booleans()):
        del case.headers["Idempotency-Key"]


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_in_the_document(label: str, send: Callable[[Any, str], Any]) -> None:
    operation = OPERATIONS[label]
    answers: Counter[int] = Counter()

    @settings(
        max_examples=max(1, REQUESTS // len(OPERATIONS)), deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize="NEXUS_TEST_REQUESTS" not in os.environ,
    )  # fmt: skip
    @given(case=operation.as_strategy(), name=st.sampled_from(ACTORS), chosen=st.data())
    def play(case: Any, name: str, chosen: st.DataObject) -> None:
        aimed(case, chosen)
        response = send(case, name)
        answers[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    play()
    print(label, dict(answers))
