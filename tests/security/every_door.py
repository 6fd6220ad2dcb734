"""One person at every door to a hub: what they ask, what they show for it, and what comes."""

import json
import re
import uuid
from typing import Any

from tests.live.stage import Stage
from tests.security.inventory import ADDRESSES

CSRF = "c" * 32
#: Addresses that take what is written and show nothing; they are asked by POST.
ONLY_WRITTEN = frozenset(
    {
        "<hub:hub>/changes/<int:seq>/revert", "<hub:hub>/import/<uuid:job>/cancel", "<hub:hub>/confirm",
        "<hub:hub>/invitations/<uuid:invitation>/revoke", "<hub:hub>/preview/<file:path>",
        "<hub:hub>/shares/<uuid:share>/revoke", "<hub:hub>/versions/<uuid:version>/restore",
    }
)  # fmt: skip
#: What tells of hubs without an address that names one: asked for what is not in the address itself.
ACROSS = {
    "": "/", "search": "/search?q=broke", "topics/<topic:topic>": "/topics/{topic}",
    "chapters/<chapter:chapter>": "/chapters/{chapter}", "people/<slug:handle>": "/people/{handle}",
    "people/<slug:handle>/<chapter:chapter>": "/people/{handle}/{chapter}", "api/v1/hubs": "/api/v1/hubs",
    "api/v1/search": "/api/v1/search?q=broke", "api/v1/topics/<str:topic>": "/api/v1/topics/{topic}",
    "api/v1/people/<str:handle>": "/api/v1/people/{handle}",
}  # fmt: skip
#: What has to do with no hub, or is asked about otherwise here: share links, invitations, GraphQL.
ELSEWHERE = re.compile(
    r"account/.*|account|administration.*|api/v1/(\^|auth|deleted-hubs|docs|errors|invitations|me|schema).*"
    r"|api/v1/people/<str:handle>/claim|people/<slug:handle>/claim|graphql|health/.*|invitations.*|robots.txt|sitemap.xml|shared/.*"
    r"|show-me.*|-/sandbox|rotateWebhookSecret"
)


def routes() -> list[str]:
    """Every address that names a hub."""
    return sorted(each for each in ADDRESSES if each.startswith(("<hub:hub>", "api/v1/hubs/<str:hub>")))


def filled(route: str, slug: str, parts: dict[str, Any]) -> str:
    """The address of a route. A route that takes what nobody here has is an error: the door would not be tried."""

    def part(found: re.Match[str]) -> str:
        name = found[1]
        if name == "hub":
            return slug
        is_gone = (route.endswith("/restore") and name == "page_id") or route.startswith("<hub:hub>/restore/")
        special = {
            "path": "gone" if is_gone else "path",
            "page_id": "gone_id" if is_gone else "file_id" if "attachments" in route else "page_id",
            "job_id": "export" if "exports" in route else "import", "job": "import",
            "entry_id": "entry" if "<entry:" in route else "entry_id",
        }  # fmt: skip
        key = special.get(
            name,
            name.removesuffix("_id") if name in {"webhook_id", "delivery_id", "share_id", "invitation_id"} else name,
        )
        return str(parts[key])

    return "/" + re.sub(r"<\w+:(\w+)>", part, route)


#: A query for each field at the top of the graph that shows something of a hub.
QUERIES = {
    "hub": 'hub(slug: "{hub}") {{ title pages {{ text }} }}',
    "page": 'page(hub: "{hub}", path: "{path}") {{ text versions {{ id }} }}',
    "topic": 'topic(slug: "{topic}", hub: "{hub}") {{ entries {{ title }} }}',
    "person": 'person(name: "{handle}", hub: "{hub}") {{ entries {{ title }} }}',
    "entries": 'entries(hub: "{hub}") {{ nodes {{ title }} }}',
    "changes": 'changes(hub: "{hub}") {{ nodes {{ message }} }}',
    "difference": 'difference(hub: "{hub}", path: "{path}") {{ added hunks {{ rows {{ after {{ text }} }} }} }}',
    "blame": 'blame(hub: "{hub}", path: "{path}") {{ passages {{ lines }} }}',
    "trash": 'trash(hub: "{hub}") {{ nodes {{ id }} }}',
    "since": 'since(hub: "{hub}", days: 7) {{ nodes {{ path }} }}',
    "activity": 'activity(hub: "{hub}") {{ nodes {{ seq }} }}',
    "suspects": 'suspects(hub: "{hub}") {{ more nodes {{ id }} }}',
    "members": 'members(hub: "{hub}") {{ nodes {{ user }} }}',
    "search": 'search(query: "broke", hub: "{hub}") {{ nodes {{ id }} }}',
    "hubs": "hubs {{ nodes {{ slug title }} }}",
}
#: Of all that is written over REST: what would be done, by the end of its route.
BODIES: dict[str, Any] = {
    "pages": {"path": "planted.md", "text": "planted"}, "text": b"planted", "restore": {},
    "invitations": {"role": "learner"}, "imports": {"address": "https://example.org/x.git"}, "exports": {}, "revert": {},
    "entries": {"path": "README.md", "kind": "practice", "title": "planted"},
    "answers": {"path": "README.md", "answers": [{"entry": str(uuid.UUID(int=1)), "part": "cause", "text": "planted"}]},
    "decision": {"verdict": "not_this"}, "<str:username>": {"role": "owner"}, "<str:hub>": {"title": "planted"},
    "changes": {"steps": [{"verb": "create", "path": "planted.md", "text": "planted"}]},
    "<uuid:page_id>": {"path": "planted.md"}, "source": {"url": "https://example.org/planted.git"},
    "shares": {"path": "README.md"}, "purges": {"path": "README.md", "confirm": "planted"}, "preview": {"path": "README.md"},
    "transfer": {"username": "lea"}, "webhooks": {"url": "https://example.org/planted"},
    "<uuid:webhook_id>": {"url": "https://example.org/planted"}, "suspects": {"suspects": ["0" * 32]},
}  # fmt: skip
#: How it is signed is asked for, not who asks; and a look at where one was is no write of a hub.
NOT_BY_RIGHTS = ("/source/push", "/look")


class Door:
    """Somebody, with one of the things that can be shown for it."""

    def __init__(self, stage: Stage, name: str, shows: str, *, secret: str = "") -> None:
        self.stage, self.name, self.shows = stage, name, shows
        self.token = self.session = ""
        match shows:
            case "session":
                self.session = secret or stage.do("session", name)
                self.headers = {"Cookie": f"nexus_session={self.session}; nexus_csrf={CSRF}", "X-CSRFToken": CSRF}
            case "access":
                secret = secret or stage.do("user", name)
                self.headers = {"Authorization": f"Bearer {secret}"}
            case "personal":
                if not secret:
                    self.token, secret = stage.do("personal_token", name, None, ["read", "write", "admin"])
                self.headers = {"Authorization": f"Bearer {secret}"}
            case _:
                self.headers = {}
        self.secret = secret

    def ask(self, path: str, method: str = "GET", body: Any = None, **more: str) -> tuple[int, bytes]:
        if method != "GET" and self.session:
            more |= {"Origin": f"http://127.0.0.1:{self.stage.port}"}
        status, _headers, said = self.stage.ask(path, method, body, **{**self.headers, **more})
        return status, said

    def is_kept(self, slug: str, parts: dict[str, Any]) -> bool:
        """Whether the answer that is kept for them is given again."""
        route = "<hub:hub>/pages/<file:path>" if self.session else "api/v1/hubs/<str:hub>/pages/<uuid:page_id>"
        return "cache-status" in self.stage.ask(filled(route, slug, parts), **self.headers)[1]

    def shown(self, slug: str, parts: dict[str, Any]) -> dict[str, int]:
        """Every address that names the hub, and what it answers: pages by session only, since they know no tokens."""
        return {
            route: self.ask(filled(route, slug, parts))[0]
            for route in routes()
            if route not in ONLY_WRITTEN and (self.session or route.startswith("api/"))
        }

    def told_across(self, parts: dict[str, Any], canary: str) -> dict[str, bool]:
        """What tells of all hubs, and whether it tells of this one."""
        signs = (canary.encode(), b'"tellers":[{"handle":"%s"' % self.name.encode())
        found = {}
        for route, address in ACROSS.items():
            if self.session or route.startswith("api/"):
                said = self.ask(address.format(**parts))[1]
                found[route] = any(sign in said for sign in signs)
        return found

    def queried(self, slug: str, parts: dict[str, Any]) -> dict[str, bytes]:
        """Every field of the graph that shows something of the hub, and what it answers."""
        found = {}
        for name, query in QUERIES.items():
            body = json.dumps({"query": "{ " + query.format(hub=slug, **parts) + " }"})
            status, said = self.ask("/graphql", "POST", body, Content_Type="application/json")
            found[name] = b"%d %s" % (status, said)
        return found

    def writes(self, slug: str, parts: dict[str, Any], only: tuple[str, ...] = ()) -> dict[tuple[str, str], int]:
        """Every address that names the hub, tried with every method that writes, and what it answers; of the API's only
        those that end so."""
        found = {}
        for route in routes():
            address = filled(route, slug, parts)
            if route.endswith(NOT_BY_RIGHTS) or (only and not route.endswith(only)):
                continue
            if not route.startswith("api/"):
                if self.session:
                    form = {"Content_Type": "application/x-www-form-urlencoded"}
                    found["POST", route] = self.ask(
                        address, "POST", f"csrfmiddlewaretoken={CSRF}&text=planted", **form
                    )[0]
                continue
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                kind, sent = body_of(route, method, slug)
                headers = {"Content_Type": kind, "If_Match": f'"{parts["version"]}"'}
                where = f"{address}?confirm={slug}" if method == "DELETE" and route.endswith("<str:hub>") else address
                found[method, route] = self.ask(where, method, sent, **headers)[0]
        return found


def body_of(route: str, method: str, slug: str) -> tuple[str, bytes]:
    """What is sent there, and its kind."""
    if (method, route.rsplit("/", 1)[-1]) == ("POST", "attachments"):
        part = 'Content-Disposition: form-data; name="%s"'
        file = f'--x\r\n{part % "file"}; filename="planted.bin"\r\n\r\nplanted\r\n'
        return (
            "multipart/form-data; boundary=x",
            f"{file}--x\r\n{part % 'path'}\r\n\r\nplanted.bin\r\n--x--\r\n".encode(),
        )
    body = BODIES.get(route.rsplit("/", 1)[-1], {})
    if isinstance(body, bytes):
        return "application/octet-stream", body
    return "application/json", json.dumps(body).encode()
