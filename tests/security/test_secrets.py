"""S32: what is shown once is kept nowhere as it was: not in the database, a log, an answer or the activity."""

import json
from collections.abc import Iterator

import pytest
from django.apps import apps
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD

from nexus.exchange import webhooks
from nexus.hubs.models import Activity

pytestmark = pytest.mark.security


def stored() -> Iterator[str]:
    """Every row of every table."""
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            yield f"{model._meta.label} {row!r}"


def test_secrets_are_shown_once_and_kept_nowhere(cast, hub, api, caplog, capfd) -> None:  # noqa: F811
    alice, nobody, secrets = api("alice"), api(), {}
    with caplog.at_level("DEBUG"):
        secrets["personal token"] = alice.post("me/tokens", {"name": "mine", "scopes": ["read"]})["token"]
        made = alice.post("hubs/cohort/invitations", {"role": "learner", "uses": 3})
        secrets["invitation"] = made["token"]
        hook = alice.post("hubs/cohort/webhooks", {"url": "https://example.org/told"})
        secrets["webhook"] = hook["secret"]
        turned = alice.post(f"hubs/cohort/webhooks/{hook['id']}/rotate-secret", status=200)
        secrets["webhook again"] = turned["secret"]
        pair = nobody.post("auth/token", {"username": "alice", "password": PASSWORD}, status=200)
        secrets |= {"access": pair["access"], "refresh": pair["refresh"], "password": PASSWORD}
        pair = nobody.post("auth/token/refresh", {"refresh": pair["refresh"]}, status=200)
        secrets |= {"next access": pair["access"], "next refresh": pair["refresh"]}
        shown = [
            nobody("POST", "auth/token/refresh", {"refresh": secrets["refresh"]}),
            nobody("GET", "me", headers={"Authorization": f"Bearer {secrets['personal token'][:-1]}"}),
            api("charlie")("POST", "invitations/accept", {"token": secrets["invitation"]}),
            api("lea")("POST", "invitations/accept", {"token": secrets["invitation"] + "x"}),
            nobody("POST", "auth/token", {"username": "alice", "password": PASSWORD + "x"}),
            *(alice("GET", at) for at in ("me", "me/tokens", "hubs/cohort/invitations", "hubs/cohort/webhooks",
                                          f"hubs/cohort/webhooks/{hook['id']}", "hubs/cohort/activity",
                                          f"hubs/cohort/webhooks/{hook['id']}/deliveries")),
        ]  # fmt: skip
        query = """{ viewer { tokens { id name } } hub(slug: "cohort") { invitations { id email } webhooks { id url
          deliveries { type answer error } } activity(first: 50) { verb data } } }"""
        shown.append(alice.client.post("/graphql", {"query": query}, "application/json", headers=alice.headers))
    outputs = {
        "the database": "\n".join(stored()),
        "the log": caplog.text + "".join(capfd.readouterr()),
        "an answer": "\n".join(answer.content.decode() for answer in shown),
        "the activity": json.dumps(list(Activity.objects.values_list("data", flat=True))),
    }
    leaked = [(name, where) for where, said in outputs.items() for name, secret in secrets.items() if secret in said]
    assert leaked == []
    assert webhooks.webhook_for(cast.alice, "cohort", hook["id"]).seed not in secrets["webhook again"]
