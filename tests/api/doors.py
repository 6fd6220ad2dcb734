"""Deeds as a door takes them: the same names and arguments, and the code of the refusal as the answer ("": it was done)."""

import datetime
import json
import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from graphene.utils.str_converters import to_camel_case
from graphql import GraphQLEnumType, get_named_type
from tests.api.rest.conftest import Caller
from tests.conftest import Cast

from nexus.accounts import credentials
from nexus.api.graphql.schema import schema
from nexus.base.ids import uuid7
from nexus.exchange.models import Delivery, Webhook
from nexus.hubs.models import Activity, Hub, Invitation, Look, Membership
from nexus.pages.models import Page, PageLook, Version

WEEK = datetime.timedelta(days=7)


class Play:
    """What happened so far: where the pages are, for doors that address them by id."""

    hub = "cohort"

    def __init__(self, cast: Cast, programs: dict[str, str] | None = None) -> None:
        """programs: personal tokens, by who shows them."""
        self.cast, self.programs = cast, programs or {}

    def headers(self, who: str) -> dict[str, str]:
        """How somebody says who they are; "anonymous" does not."""
        if who == "anonymous":
            return {}
        token = self.programs.get(who) or credentials.access_token(self.cast.user(who), uuid7())
        return {"Authorization": f"Bearer {token}"}

    def page(self, path: str) -> Page | None:
        """The page that was last at that path, live or not."""
        version = Version.objects.filter(page__hub__slug=self.hub, path=path).order_by("-change__seq").first()
        return version.page if version else None

    def page_id(self, path: str) -> str:
        """Its id, or one that no page has."""
        page = self.page(path)
        return str(page.pk if page else uuid7())

    def first(self, path: str) -> str:
        return str(Version.objects.get(page=self.page(path), number=1).pk)

    def newest(self, path: str, at: int = 0) -> int:
        """The change that made the newest version of a page, or its version `at`; of one that never was, none there is."""
        found = Version.objects.filter(page=self.page(path)).order_by("-change__seq")
        made = found.filter(number=at).first() if at else found.first()
        return made.change.seq if made else 9_999


class Rest(Play):
    def code(self, who: str, method: str, address: str, body: Any = None, **headers: str) -> str:
        answer = Caller(self.headers(who))(method, address, body, headers=headers)
        return "" if answer.status_code < 300 else str(answer.json()["code"])

    def create_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", "hubs", sent)

    def update_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "PATCH", f"hubs/{self.hub}", sent)

    archive_hub = rename_hub = update_hub

    def transfer_hub(self, who: str, username: str) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/transfer", {"username": username})

    def delete_hub(self, who: str, confirm: str) -> str:
        return self.code(who, "DELETE", f"hubs/{self.hub}?{urlencode({'confirm': confirm})}")

    def restore_hub(self, who: str) -> str:
        return self.code(who, "POST", f"deleted-hubs/{self.hub}/restore")

    def create_share(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/shares", sent)

    def review_suspects(self, who: str, suspects: list[str]) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/suspects", {"suspects": suspects})

    def purge(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/purges", sent)

    def create_reviewed_page(self, who: str, reviewed: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/pages", sent, **{"Nexus-Reviewed": reviewed})

    def set_member(self, who: str, username: str, role: str) -> str:
        return self.code(who, "PUT", f"hubs/{self.hub}/members/{username}", {"role": role})

    def remove_member(self, who: str, username: str) -> str:
        return self.code(who, "DELETE", f"hubs/{self.hub}/members/{username}")

    def invite_member(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/invitations", sent)

    def accept_invitation(self, who: str, token: str) -> str:
        return self.code(who, "POST", "invitations/accept", {"token": token})

    def revoke_invitation(self, who: str, id: str) -> str:  # noqa: A002  as the argument is called
        return self.code(who, "DELETE", f"hubs/{self.hub}/invitations/{id}")

    def create_webhook(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/webhooks", sent)

    def update_webhook(self, who: str, id: str, **sent: Any) -> str:  # noqa: A002
        return self.code(who, "PATCH", f"hubs/{self.hub}/webhooks/{id}", sent)

    def delete_webhook(self, who: str, id: str) -> str:  # noqa: A002
        return self.code(who, "DELETE", f"hubs/{self.hub}/webhooks/{id}")

    def rotate_webhook_secret(self, who: str, id: str) -> str:  # noqa: A002
        return self.code(who, "POST", f"hubs/{self.hub}/webhooks/{id}/rotate-secret")

    def ping_webhook(self, who: str, id: str) -> str:  # noqa: A002
        return self.code(who, "POST", f"hubs/{self.hub}/webhooks/{id}/ping")

    def redeliver_event(self, who: str, webhook: str, id: str) -> str:  # noqa: A002
        return self.code(who, "POST", f"hubs/{self.hub}/webhooks/{webhook}/deliveries/{id}/redeliver")

    def create_page(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/pages", sent)

    def at(self, path: str, rest: str = "") -> str:
        return f"hubs/{self.hub}/pages/{self.page_id(path)}{rest}"

    def edit_page(self, who: str, path: str, text: str, base: str, *, merge: bool = False, message: str = "") -> str:
        asked = urlencode({"merge": str(merge).lower(), "message": message})
        return self.code(who, "PUT", self.at(path, f"/text?{asked}"), text.encode(), **{"If-Match": f'"{base}"'})

    def held(self, path: str, base: str | None) -> dict[str, str]:
        page = self.page(path)
        return {"If-Match": f'"{base or (page.head_id if page else uuid7())}"'}

    def move_page(self, who: str, source: str, target: str, message: str = "", base: str | None = None) -> str:
        sent = {"path": target, "message": message}
        return self.code(who, "PATCH", self.at(source), sent, **self.held(source, base))

    def delete_page(self, who: str, path: str, message: str = "", base: str | None = None) -> str:
        asked = urlencode({"message": message})
        return self.code(who, "DELETE", self.at(path, f"?{asked}"), **self.held(path, base))

    def change_pages(self, who: str, **sent: Any) -> str:
        return self.code(who, "POST", f"hubs/{self.hub}/changes", sent)

    def mark_seen(self, who: str, path: str = "", until: int | None = None) -> str:
        sent = {} if until is None else {"until": until}
        return self.code(who, "PUT", self.at(path, "/look") if path else f"hubs/{self.hub}/look", sent)

    def restore_page(self, who: str, path: str, number: int | None = None, message: str = "") -> str:
        return self.code(who, "POST", self.at(path, "/restore"), {"number": number, "message": message})

    def revert_change(self, who: str, path: str, message: str = "", at: int = 0) -> str:
        address = f"hubs/{self.hub}/changes/{self.newest(path, at)}/revert"
        return self.code(who, "POST", address, {"message": message})


class GraphQL(Play):
    #: What goes with the next request.
    with_it: Mapping[str, str] = {}

    def post(self, who: str, query: str, variables: Any = None) -> Any:
        sent = {"query": query, "variables": variables}
        return Client().post("/graphql", sent, "application/json", headers=self.headers(who) | self.with_it).json()

    def code(self, who: str, name: str, **sent: Any) -> str:
        assert schema.mutation_type
        arguments = schema.mutation_type.fields[name].args
        given = {key: _as_enum(arguments[key].type, value) for key, value in sent.items() if value is not None}
        taken = ", ".join(f"${key}: {arguments[key].type}" for key in given)
        passed = ", ".join(f"{key}: ${key}" for key in given)
        query = f"mutation{f'({taken})' if taken else ''} {{ {name}({passed}) {{ errors {{ code }} }} }}"
        answer = self.post(who, query, given)
        if "errors" in answer:  # not even a query: refused before anything of it ran
            return str(answer["errors"][0]["extensions"]["code"])
        errors = answer["data"][name]["errors"]
        return str(errors[0]["code"]) if errors else ""

    def create_hub(self, who: str, **sent: Any) -> str:
        return self.code(who, "createHub", **sent)

    def edit_page(self, who: str, *, merge: bool = False, **sent: Any) -> str:
        return self.code(who, "editPage", hub=self.hub, **sent, onStale="merge" if merge else "refuse")

    def create_reviewed_page(self, who: str, reviewed: str, **sent: Any) -> str:
        self.with_it = {"Nexus-Reviewed": reviewed}
        try:
            return self.code(who, "createPage", hub=self.hub, **sent)
        finally:
            self.with_it = {}

    def accept_invitation(self, who: str, **sent: Any) -> str:
        return self.code(who, "acceptInvitation", **sent)

    def revert_change(self, who: str, path: str, message: str = "", at: int = 0) -> str:
        return self.code(who, "revertChange", hub=self.hub, number=self.newest(path, at), message=message)

    def mark_seen(self, who: str, path: str = "", until: int | None = None) -> str:
        return self.code(who, "markSeen", hub=self.hub, page=self.page_id(path) if path else None, until=until)

    def __getattr__(self, deed: str) -> Callable[..., str]:
        """Any other deed is one in a hub, and the mutation of its name."""
        if deed.startswith("_"):
            raise AttributeError(deed)
        return lambda who, **sent: self.code(who, to_camel_case(deed), hub=self.hub, **sent)


def _as_enum(kind: Any, value: Any) -> Any:
    """Members of enumerations as GraphQL writes them, also inside of what is given."""
    named = get_named_type(kind)
    if isinstance(value, list):
        return [_as_enum(kind, each) for each in value]
    if isinstance(value, dict):
        return {key: _as_enum(named.fields[key].type, each) for key, each in value.items()}
    return value.upper() if isinstance(named, GraphQLEnumType) else value


def rows() -> list[str]:
    """Everything that matters of what there is now, without ids and times."""
    told: list[str] = []
    for hub in Hub.objects.order_by("slug"):
        told.append(f"hub {hub.slug} {hub.title} {hub.visibility} {hub.sequence}")
        members = Membership.objects.filter(hub=hub).order_by("user__username").values_list("user__username", "role")
        told += [f"member {name} {role}" for name, role in members]
        told += [
            f"version {v.path} {v.number} {v.kind} {v.blob_id} {v.is_deletion} {v.change.seq} {v.change.kind} "
            f"{v.change.message} {v.change.author.name} parent {v.parent.number if v.parent else None} "
            f"live {v.page.live_key} {v.page.title} {v.page.head_id == v.pk}"
            for v in Version.objects.filter(page__hub=hub).select_related("page", "change__author", "parent")
            .order_by("change__seq", "path")
        ]  # fmt: skip
        told += [
            f"invitation {i.pk} {i.role} {i.email} {i.uses} {i.used} {i.expires_at - i.created_at > WEEK} {i.inviter}"
            for i in Invitation.objects.filter(hub=hub).order_by("pk")
        ]
        told += [
            f"webhook {w.pk} {w.url} {w.events} {w.user} {w.after} {w.off_since is None} {w.off_why} {bool(w.former_seed)}"
            for w in Webhook.objects.filter(hub=hub).order_by("pk")
        ]
        waiting = Delivery.objects.filter(webhook__hub=hub).order_by("type", "pk")
        told += [f"delivery {d.pk} {d.type} {d.seq} {d.state} {d.is_wanted}" for d in waiting]
        told += [f"look {k.user} {k.seq}" for k in Look.objects.filter(hub=hub).order_by("user__username")]
        pages = PageLook.objects.filter(page__hub=hub).order_by("user__username", "page__path")
        told += [f"look {k.user} at {k.page} {k.seq}" for k in pages.select_related("page", "user")]
        log = Activity.objects.filter(hub=hub).select_related("person").order_by("seq")
        told += [f"activity {a.seq} {a.verb} {a.person.handle} {json.dumps(a.data, sort_keys=True)}" for a in log]
    names: dict[str, str] = {}
    numbers = count()
    named: Callable[[re.Match[str]], str] = lambda found: names.setdefault(found[0], f"id{next(numbers)}")  # noqa: E731
    told = [re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "a moment", line) for line in told]
    return [re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", named, line) for line in told]
