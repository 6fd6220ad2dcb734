"""The client that waits for its answers, made from `aio` by `nexus manage write_client`."""

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from nexus_client import core, models
from nexus_client.core import Answer, Content, Format, Kept, Progress, Request, Tokens, segment
from nexus_client.errors import NexusError, NotFound


def _direct() -> Any:
    """What opens a WebSocket where it is told to and nowhere else: a token goes along. Raises NexusError if it cannot."""
    try:
        from websockets.sync.client import reconnect as connect
    except ImportError as missing:
        raise core.no_stream() from missing

    class Direct(connect):
        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    return Direct


class Nexus:
    """A Nexus server.

    url: as a browser knows it. token: a personal token (`nxp_…`) or an access token; refresh: a refresh token, with which
    the client renews its access token by itself. on_tokens: called with the new pair each time, for who keeps it.
    Use it in a `with`, or `close` it. It may be shared between threads or tasks.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        refresh: str = "",
        on_tokens: Kept | None = None,
        timeout: float = core.READ,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.url = core.address(url)
        self._tokens = Tokens(token, refresh)
        self._on_tokens = on_tokens
        self._renewing = threading.Lock()
        self._http = httpx2.Client(
            base_url=self.url, timeout=httpx2.Timeout(timeout, connect=core.CONNECT), transport=transport
        )

    @classmethod
    def sign_in(cls, url: str, username: str, password: str, **options: Any) -> Self:
        """A client that is signed in, and stays so. Raises Unauthenticated, Throttled."""
        nexus = cls(url, **options)
        try:
            nexus._take(core.tokens_of(nexus.ask(core.sign_in(username, password))))
        except BaseException:
            nexus.close()
            raise
        return nexus

    def sign_out(self) -> None:
        """Ends the tokens on the server."""
        tokens, self._tokens = self._tokens, Tokens("")
        if tokens.access or tokens.refresh:
            self.ask(core.sign_out(tokens))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- What there is ---

    def hub(self, slug: str) -> "Hub":
        """A hub by its slug. Asks nothing yet."""
        return Hub(self, slug)

    def hubs(self) -> Iterator[models.Hub]:
        """The hubs one may see."""
        return self.every(models.Hub, "/hubs")

    def create_hub(self, slug: str, *, title: str = "", visibility: str = "private") -> "Hub":
        """Makes a hub: "private", "internal" or "public"."""
        body = {"slug": slug, "visibility": visibility} | ({"title": title} if title else {})
        self.ask(core.create("/hubs", body))
        return Hub(self, slug)

    def join(self, token: str) -> models.Joined:
        """Accepts an invitation by its token, the last part of its link. Raises NotFound."""
        return (self.ask(core.once("/invitations/accept", {"token": token}))).read(models.Joined)

    def me(self) -> models.Me:
        """The account that asks."""
        return (self.ask(core.get("/me"))).read(models.Me)

    def search(self, query: str, *, hub: str = "", kind: str = "") -> Iterator[models.Result]:
        """What is found by words or by a pasted error, the most useful first; asks for more as it is read."""
        cursor = ""
        while True:
            found = self.search_page(query, hub=hub, kind=kind, cursor=cursor)
            for result in found.results:
                yield result
            if not found.next:
                return
            cursor = found.next

    def search_page(
        self, query: str, *, hub: str = "", kind: str = "", limit: int = 20, cursor: str = ""
    ) -> models.Results:
        """One page of what is found, with how much there is of each kind."""
        asked = {"hub": hub, "kind": kind, "limit": limit, "cursor": cursor}
        request = core.get("/search", q=query or " ", **asked)
        return (self.ask(request)).read(models.Results)

    def topic(self, slug: str) -> models.Topic:
        """What everybody wrote about one thing, across hubs."""
        return (self.ask(core.get(f"/topics/{segment(slug)}"))).read(models.Topic)

    def person(self, handle: str) -> models.PersonDetails:
        """Somebody, across hubs."""
        return (self.ask(core.get(f"/people/{segment(handle)}"))).read(models.PersonDetails)

    # --- Asking ---

    def every[T](self, kind: type[T], path: str, /, **query: Any) -> Iterator[T]:
        """All of a list, page by page as it is read."""
        cursor = ""
        while True:
            answer = self.ask(core.get(path, **query, cursor=cursor, limit=100))
            rows, following = answer.rows(kind)
            for row in rows:
                yield row
            if not following or following == cursor:
                return
            cursor = following

    def ask(self, request: Request) -> Answer:
        """The answer to `request`, which may be one of `core` or one's own. Raises NexusError."""
        attempts = core.Attempts(request)
        while True:
            token = self._token(request)
            try:
                response = self._http.request(**request.arguments(token), follow_redirects=False)
            except httpx2.TransportError as error:
                time.sleep(attempts.after_failure(error))
                continue
            if response.status_code == 401 and attempts.may_renew() and self.renewed(token):
                continue
            wait = attempts.after(response.status_code, response.headers)
            if wait is None:
                return core.checked(Answer(response.status_code, response.headers, response.content), self.url)
            time.sleep(wait)

    def fetch(self, path: str, to: Path) -> None:
        """Writes what is at `path` to the file `to`, chunk by chunk; it appears whole or not at all."""
        request = core.get(path)
        temporary = to.with_name(f".nexus-{secrets.token_hex(8)}")
        try:
            arguments = request.arguments(self._token(request))
            with self._http.stream(**arguments, follow_redirects=False) as response:
                if response.status_code != 200:
                    body = response.read()
                    core.checked(Answer(response.status_code, response.headers, body), self.url)
                with temporary.open("xb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)
            temporary.replace(to)
        except httpx2.TransportError as error:
            raise core.unreachable(error) from error
        finally:
            temporary.unlink(missing_ok=True)

    def token(self) -> str:
        """The access or personal token to show now, renewed if it is about to end; "" without one."""
        tokens = self._tokens
        if tokens.is_ending():
            self.renewed(tokens.access)
        return self._tokens.access

    def _token(self, request: Request) -> str:
        return self.token() if request.signed else ""

    def renewed(self, used: str) -> bool:
        """Has a newer token than the one that was used. Of several that come at once one renews: each token is good once."""
        with self._renewing:
            tokens = self._tokens
            if tokens.access != used:
                return True
            if not tokens.refresh:
                return False
            self._take(core.tokens_of(self.ask(core.refresh(tokens))))
            return True

    def _take(self, tokens: Tokens) -> None:
        self._tokens = tokens
        if self._on_tokens:
            self._on_tokens(tokens)


class Hub:
    """A hub by its slug."""

    def __init__(self, nexus: Nexus, slug: str) -> None:
        self.nexus = nexus
        self.slug = slug
        self.path = f"/hubs/{segment(slug)}"

    @property
    def pages(self) -> "Pages":
        """Its pages."""
        return Pages(self)

    def about(self) -> models.HubDetails:
        """Its title, visibility, and what you may do there. Raises NotFound."""
        return (self.nexus.ask(core.get(self.path))).read(models.HubDetails)

    def entries(
        self, *, kind: str = "", topic: str = "", person: str = "", status: str = ""
    ) -> Iterator[models.Entry]:
        """What its pages say: challenges, practices, technologies, … status: "solved" or "open", of challenges."""
        return self.nexus.every(
            models.Entry, f"{self.path}/entries", kind=kind, topic=topic, person=person, status=status
        )

    def challenges(self, *, status: str = "") -> Iterator[models.Entry]:
        """Problems that were met, and how they were solved."""
        return self.entries(kind="challenge", status=status)

    def topics(self) -> Iterator[models.TopicLine]:
        """What is written about, the most told first."""
        return self.nexus.every(models.TopicLine, f"{self.path}/topics")

    def people(self) -> Iterator[models.Person]:
        """Who wrote something."""
        return self.nexus.every(models.Person, f"{self.path}/people")

    def members(self) -> Iterator[models.Member]:
        """Who belongs to it, with their roles."""
        return self.nexus.every(models.Member, f"{self.path}/members")

    def changes(self, *, author: str = "") -> Iterator[models.Change]:
        """What was done, the newest first."""
        return self.nexus.every(models.Change, f"{self.path}/changes", author=author)

    def change_pages(
        self, steps: list[dict[str, Any]], *, message: str = "", reviewed: Sequence[str] = ()
    ) -> models.ChangeDetails | None:
        """Does several things to pages as one change, or none; None when it was so already.

        steps: `{"verb": "create", "path", "text"}`, `"edit"` with `"base"`, `"move"` with `"target"`, `"delete"`.
        """
        body = {"message": message, "steps": steps}
        return self._made(self.nexus.ask(core.create(f"{self.path}/changes", body, reviewed=reviewed)))

    def revert(self, seq: int, *, message: str = "", reviewed: Sequence[str] = ()) -> models.ChangeDetails | None:
        """Takes a change back, an import too."""
        request = core.create(f"{self.path}/changes/{seq}/revert", {"message": message}, reviewed=reviewed)
        return self._made(self.nexus.ask(request))

    def attach(
        self, path: str, content: Content, *, message: str = "", reviewed: Sequence[str] = ()
    ) -> models.Page:
        """Puts a file at a path."""
        body = {"path": path, "message": message}
        with core.opened(content, path.rpartition("/")[2]) as file:
            request = core.create(f"{self.path}/attachments", body, file=file, reviewed=reviewed)
            return (self.nexus.ask(request)).read(models.Page)

    def import_archive(
        self,
        source: Content | str,
        *,
        name: str = "",
        prefix: str = "",
        message: str = "",
        reviewed: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> models.Job:
        """Imports a .zip, .tar(.gz|.xz|.bz2), .json or .md, and waits until it is done; `.report` says what came of it.

        name: what the file is called, and known by at the next import; needed for bytes. Importing again changes only what
        differs. reviewed: ids of what its report holds back, or "all", when it may be seen. progress: called with files,
        bytes and the part that is done (0 to 1, or None). Raises JobFailed, Denied, …;
        who interrupts it cancels it.
        """
        with core.opened(source, name) as file:
            body = {"prefix": prefix, "message": message}
            request = core.create(f"{self.path}/imports", body, file=file, reviewed=reviewed)
            return self._followed("imports", request, progress)

    def import_repository(
        self,
        address: str,
        *,
        prefix: str = "",
        message: str = "",
        history: bool = False,
        authors: str = "",
        reviewed: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> models.Job:
        """Imports what the newest commit of a public Git repository holds; its address begins with https://. With `history`
        each commit that was not brought yet becomes a change; `authors`: whose they are ("git", "me"; "path" without)."""
        body = {"address": address, "prefix": prefix, "message": message, "history": history, "authors": authors}
        return self._followed("imports", core.create(f"{self.path}/imports", body, reviewed=reviewed), progress)

    def export(self, form: Format = "zip", *, to: str | Path, progress: Progress | None = None) -> models.Job:
        """Writes its pages and files to the file `to`, byte for byte: "zip", "json" or "git" (a bare repository, zipped)."""
        target = Path(to)
        job = self._followed("exports", core.create(f"{self.path}/exports", {"format": form}), progress)
        self.nexus.fetch(f"{self.path}/exports/{job.id}/content", target)
        return job

    # --- Who belongs to it ---

    def update(
        self,
        *,
        title: str | None = None,
        visibility: str | None = None,
        slug: str | None = None,
        archived: bool | None = None,
        reviewed: Sequence[str] = (),
    ) -> models.HubDetails:
        """Changes what is given. After another `slug` the former address leads on."""
        body = core.given(title=title, visibility=visibility, slug=slug, archived=archived)
        about = (self.nexus.ask(core.patch(self.path, body, reviewed=reviewed))).read(models.HubDetails)
        self.slug, self.path = about.slug, f"/hubs/{segment(about.slug)}"
        return about

    def set_member(self, username: str, role: str) -> models.Member:
        """Adds somebody, or changes their role: "guest", "learner", "mentor", "owner"."""
        path = f"{self.path}/members/{segment(username)}"
        return (self.nexus.ask(core.put(path, {"role": role}))).read(models.Member)

    def remove_member(self, username: str) -> None:
        """Removes somebody, oneself too; never the last owner."""
        self.nexus.ask(core.delete(f"{self.path}/members/{segment(username)}"))

    def invitations(self) -> Iterator[models.Invitation]:
        """Those that may still be accepted."""
        return self.nexus.every(models.Invitation, f"{self.path}/invitations")

    def invite(
        self, role: str, *, email: str = "", uses: int | None = None, days: int | None = None
    ) -> models.NewInvitation:
        """A link by which somebody joins, sent to `email` where the server has mail. It is shown this once."""
        body = {"role": role} | core.given(email=email or None, uses=uses, days=days)
        return (self.nexus.ask(core.once(f"{self.path}/invitations", body))).read(models.NewInvitation)

    def uninvite(self, invitation_id: str) -> None:
        """Ends an invitation."""
        self.nexus.ask(core.delete(f"{self.path}/invitations/{segment(invitation_id)}"))

    def shares(self) -> Iterator[models.Share]:
        """The links by which a page or folder can be read without an account."""
        return self.nexus.every(models.Share, f"{self.path}/shares")

    def share(
        self, path: str, *, days: int | None = None, password: str = "", reviewed: Sequence[str] = ()
    ) -> models.NewShare:
        """A link by which a page or a folder can be read without an account. It is shown this once."""
        body = {"path": path} | core.given(days=days, password=password or None)
        request = core.once(f"{self.path}/shares", body, reviewed=reviewed)
        return (self.nexus.ask(request)).read(models.NewShare)

    def unshare(self, share_id: str) -> None:
        """Ends a link."""
        self.nexus.ask(core.delete(f"{self.path}/shares/{segment(share_id)}"))

    # --- What happens in it ---

    @property
    def webhooks(self) -> "Webhooks":
        """Who is told of what happens in it."""
        return Webhooks(self)

    def activity(self, *, after: int = 0, kind: str = "") -> Iterator[models.Event]:
        """What happened behind number `after`, the oldest first. kind: a type of docs/events.md or its noun."""
        return self.nexus.every(models.Event, f"{self.path}/activity", after=after, type=kind)

    def follow(self, *, after: int | None = None) -> Iterator[models.Event]:
        """What happens in it, as it happens, each once and in order; first what happened behind number `after`.

        Without `after` it begins with what happens next. It connects again by itself and misses nothing; it ends by an
        error that no waiting mends (NotFound, Unauthenticated, …), or when its caller stops. Needs `nexus-client[stream]`.
        """
        connect = _direct()
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

        start = (self.about()).sequence if after is None else after
        stream = core.Stream(self.nexus.url, self.slug, start)
        while True:
            token = self.nexus.token()
            try:
                protocols = stream.protocols(token)
                with connect(stream.address, subprotocols=protocols, open_timeout=core.CONNECT) as socket:
                    while True:
                        event = stream.event(socket.recv(core.SILENCE))
                        if event is not None:
                            yield event
            except ConnectionClosed as ended:
                code, reason = (ended.rcvd.code, ended.rcvd.reason) if ended.rcvd else (1006, "")
                if not (stream.may_renew(code) and self.nexus.renewed(token)):
                    time.sleep(stream.after(code, reason))
            except InvalidStatus as refused:
                told = refused.response
                if told.status_code < 500:
                    core.checked(Answer(told.status_code, told.headers, b""), self.nexus.url)
                time.sleep(stream.after(1006, ""))
            except (OSError, InvalidHandshake):
                time.sleep(stream.after(1006, ""))

    def since(self, *, after: int | None = None, days: int | None = None) -> Iterator[models.PageNews]:
        """What differs in its pages from when you last looked, or from number `after`, or from so many days ago."""
        return self.nexus.every(models.PageNews, f"{self.path}/since", after=after, days=days)

    def seen(self, until: int) -> models.Look:
        """Marks all up to number `until` as seen."""
        return (self.nexus.ask(core.put(f"{self.path}/look", {"until": until}))).read(models.Look)

    def suspects(self) -> models.Suspects:
        """What in it looks as if not everybody should see it, and nobody decided about yet."""
        return (self.nexus.ask(core.get(f"{self.path}/suspects"))).read(models.Suspects)

    def _followed(self, noun: str, request: Request, progress: Progress | None) -> models.Job:
        looks = core.Looks(progress)
        job = (self.nexus.ask(request)).read(models.Job)
        path = f"{self.path}/{noun}/{job.id}"
        try:
            while (wait := looks.after(job)) is not None:
                time.sleep(wait)
                job = (self.nexus.ask(core.get(path))).read(models.Job)
        except KeyboardInterrupt:
            with suppress(NexusError):  # why it ends is known already
                self.nexus.ask(Request("DELETE", path, again=True))
            raise
        return job

    @staticmethod
    def _made(answer: Answer) -> models.ChangeDetails | None:
        return None if answer.status == 204 else answer.read(models.ChangeDetails)


class Webhooks:
    """The webhooks of a hub."""

    def __init__(self, hub: Hub) -> None:
        self.nexus = hub.nexus
        self.path = f"{hub.path}/webhooks"

    def every(self) -> Iterator[models.Webhook]:
        """All of them."""
        return self.nexus.every(models.Webhook, self.path)

    def create(self, url: str, *, events: Sequence[str] = ()) -> models.NewSecret:
        """Has `url` told of events, of all without any. The secret that signs is shown this once."""
        return (self.nexus.ask(core.once(self.path, {"url": url, "events": list(events)}))).read(models.NewSecret)

    def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> models.Webhook:
        """Changes what is given."""
        body = core.given(url=url, events=None if events is None else list(events), enabled=enabled)
        return (self.nexus.ask(core.patch(self._at(webhook_id), body))).read(models.Webhook)

    def delete(self, webhook_id: str) -> None:
        """Ends it, and its log."""
        self.nexus.ask(core.delete(self._at(webhook_id)))

    def rotate_secret(self, webhook_id: str) -> models.NewSecret:
        """Gives it a new secret, which is shown this once."""
        return (self.nexus.ask(core.once(f"{self._at(webhook_id)}/rotate-secret"))).read(models.NewSecret)

    def ping(self, webhook_id: str) -> models.Delivery:
        """Has it told of nothing, to try it out."""
        return (self.nexus.ask(core.once(f"{self._at(webhook_id)}/ping"))).read(models.Delivery)

    def deliveries(self, webhook_id: str, *, state: str = "") -> Iterator[models.Delivery]:
        """What it was told, the newest first."""
        return self.nexus.every(models.Delivery, f"{self._at(webhook_id)}/deliveries", state=state)

    def redeliver(self, webhook_id: str, delivery_id: str) -> models.Delivery:
        """Has it told once more."""
        path = f"{self._at(webhook_id)}/deliveries/{segment(delivery_id)}/redeliver"
        return (self.nexus.ask(core.once(path))).read(models.Delivery)

    def _at(self, webhook_id: str) -> str:
        return f"{self.path}/{segment(webhook_id)}"


class Pages:
    """The pages of a hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.path = f"{hub.path}/pages"

    def create(self, path: str, text: str, *, message: str = "", reviewed: Sequence[str] = ()) -> "Page":
        """Makes a page. Raises Conflict when there is one; SecretsFound, whose ids `reviewed` takes."""
        body = {"path": path, "text": text, "message": message}
        answer = self.hub.nexus.ask(core.create(self.path, body, reviewed=reviewed))
        return Page(self.hub, answer.read(models.Page))

    def at(self, path: str) -> "Page":
        """The page at a path. Raises NotFound."""
        rows, _ = (self.hub.nexus.ask(core.get(self.path, path=path))).rows(models.Page)
        if not rows:
            raise NotFound("There is no such page, or it is not visible to you.", code="not_found", status=404)
        return Page(self.hub, rows[0])

    def with_id(self, page_id: str) -> "Page":
        """The page with an id. Raises NotFound."""
        answer = self.hub.nexus.ask(core.get(f"{self.path}/{segment(page_id)}"))
        return Page(self.hub, answer.read(models.Page))

    def every(self, *, prefix: str = "") -> Iterator["Page"]:
        """All of them, or those below a folder; the last changed first."""
        for row in self.hub.nexus.every(models.Page, self.path, prefix=prefix):
            yield Page(self.hub, row)


class Page:
    """A page as it was when it was read: changing it names that version, so that nobody's work is overwritten."""

    def __init__(self, hub: Hub, about: models.Page) -> None:
        self.hub = hub
        self.about = about
        #: The id of the version that was read; it goes with every change as If-Match.
        self.version = about.version
        self.address = f"{hub.path}/pages/{about.id}"

    @property
    def id(self) -> str:
        return self.about.id

    @property
    def path(self) -> str:
        return self.about.path

    @property
    def title(self) -> str:
        return self.about.title

    def content(self) -> bytes:
        """Its bytes as they are now; from here on, changes are made from the version that was read."""
        answer = self.hub.nexus.ask(core.get(f"{self.address}/text"))
        self.version = core.version_of(answer) or self.version
        return answer.body

    def text(self) -> str:
        """Its Markdown as it is now."""
        return (self.content()).decode("utf-8")

    def edit(
        self, text: str | bytes, *, merge: bool = False, message: str = "", reviewed: Sequence[str] = ()
    ) -> Self:
        """Stores a new text, made from the version that was read. merge: where somebody was faster, store the merge if it is
        clean. Raises StaleVersion, or with merge Conflict("merge_conflict"); nothing is lost either way."""
        content = text.encode("utf-8") if isinstance(text, str) else text
        request = core.change(
            "PUT",
            f"{self.address}/text",
            self.version,
            content=content,
            reviewed=reviewed,
            merge=merge or None,
            message=message,
        )
        return self._now((self.hub.nexus.ask(request)).read(models.Page))

    def move(self, path: str, *, message: str = "", reviewed: Sequence[str] = ()) -> Self:
        """Moves it to another path."""
        body = {"path": path, "message": message}
        request = core.change("PATCH", self.address, self.version, body=body, reviewed=reviewed)
        return self._now((self.hub.nexus.ask(request)).read(models.Page))

    def delete(self, *, message: str = "") -> None:
        """Deletes it; `restore` brings it back."""
        self.hub.nexus.ask(core.change("DELETE", self.address, self.version, message=message))

    def restore(self, *, number: int | None = None, message: str = "", reviewed: Sequence[str] = ()) -> Self:
        """Brings it back as it was before it was deleted, or as its version `number` was."""
        body = {"message": message, "number": number}
        answer = self.hub.nexus.ask(core.create(f"{self.address}/restore", body, reviewed=reviewed))
        return self._now(answer.read(models.Page))

    def reload(self) -> Self:
        """Reads anew what is there."""
        return self._now((self.hub.nexus.ask(core.get(self.address))).read(models.Page))

    def versions(self) -> Iterator[models.VersionOfPage]:
        """What it was over time, the newest first."""
        return self.hub.nexus.every(models.VersionOfPage, f"{self.address}/versions")

    def text_of(self, number: int) -> bytes:
        """The bytes of its version `number`."""
        return (self.hub.nexus.ask(core.get(f"{self.address}/versions/{number}/text"))).body

    def difference(self, number: int, *, since: int | None = None) -> models.Difference:
        """What its version `number` changed, or what changed since the version `since`."""
        path = f"{self.address}/versions/{number}/difference"
        return (self.hub.nexus.ask(core.get(path, since=since))).read(models.Difference)

    def blame(self, number: int) -> models.Blame:
        """By which version each line of its version `number` came."""
        return (self.hub.nexus.ask(core.get(f"{self.address}/versions/{number}/blame"))).read(models.Blame)

    def _now(self, about: models.Page) -> Self:
        self.about, self.version = about, about.version
        return self
