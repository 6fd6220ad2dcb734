"""The protocol without the network: what is sent, whether it is sent again, and what an answer means. `aio` and `sync` only
carry it."""

import json
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import Any, BinaryIO, Literal
from urllib.parse import quote, urlsplit

import httpx2

from nexus_client import models
from nexus_client.decoding import decoded, unexpected
from nexus_client.errors import (
    Conflict,
    Denied,
    Invalid,
    JobFailed,
    NexusError,
    NotFound,
    Unauthenticated,
    Unreachable,
    refusal,
)

API = "/api/v1"
#: Seconds to connect; to wait for the next bytes; how often a request is sent at most, and the longest wait in between.
CONNECT, READ = 10.0, 60.0
TRIES, LONGEST_WAIT = 4, 30.0
#: An access token is renewed so many seconds before it ends.
EARLY = 30
#: A stream that says nothing for so many seconds is dead: its heartbeat comes every 20.
SILENCE = 60.0
#: How often a job is asked about: at first, and at last. Seconds.
FIRST_LOOK, LAST_LOOK = 0.1, 1.0

type Progress = Callable[[int, int, float | None], None]
type Kept = Callable[["Tokens"], None]
#: Bytes, a path, or a file that is open for reading.
type Content = bytes | Path | BinaryIO
type Format = Literal["zip", "json", "git"]
HEADERS = {"User-Agent": "nexus-client/0.1.0", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program signs in with: an access or personal token, and perhaps a refresh token, good once for the next."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    #: When `access` ends, in seconds since 1970; None when that is not known.
    until: float | None = None

    def is_ending(self) -> bool:
        return bool(self.refresh) and (not self.access or (self.until is not None and time() > self.until - EARLY))


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    again: it may be sent again whatever became of the first; refused_again: when it was not taken (429, 503).
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes | BinaryIO] | None = None
    again: bool = False
    refused_again: bool = False
    #: Whether a token goes with it.
    signed: bool = True

    def arguments(self, token: str) -> dict[str, Any]:
        """As httpx2 takes it."""
        headers = {**HEADERS, **self.headers}
        if token and self.signed:
            headers["Authorization"] = f"Bearer {token}"
        query = {name: _plain(value) for name, value in self.query.items() if value not in (None, "")}
        taken: dict[str, Any] = {"method": self.method, "url": API + self.path, "params": query, "headers": headers}
        if self.json is not None:
            taken["json"] = self.json
        if self.content is not None:
            taken["content"] = self.content
        if self.file is not None:
            taken |= {"data": dict(self.form or {}), "files": {"file": self.file}}
        return taken


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise unexpected("it is no JSON.") from error

    def read[T](self, kind: type[T]) -> T:
        return decoded(kind, self.json())

    def rows[T](self, kind: type[T]) -> tuple[list[T], str]:
        """A page of a list, and the cursor of the next, or ""."""
        told = self.json()
        if not isinstance(told, dict) or not isinstance(told.get("results"), list):
            raise unexpected("it is no list.")
        return [decoded(kind, each) for each in told["results"]], told.get("next") or ""


class Attempts:
    """Whether and when a request is sent again: TRIES times at most, when the server says or after twice as long each."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._made = 0
        self._renewed = False

    def may_renew(self) -> bool:
        """Whether a new token may be tried; once."""
        first, self._renewed = not self._renewed, True
        return first and self._request.signed

    def after_failure(self, error: Exception) -> float:
        """Seconds to wait after there was no answer. Raises Unreachable when it is not to be sent again."""
        self._made += 1
        if self._request.again and self._made < TRIES:
            return self._own_wait()
        raise unreachable(error) from error

    def after(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait before it is sent again; None when the answer is the answer."""
        self._made += 1
        if status not in {429, 503} or not self._request.refused_again or self._made >= TRIES:
            return None
        asked = retry_after(headers)
        if asked is None:
            return self._own_wait()
        return asked if asked <= LONGEST_WAIT else None

    def _own_wait(self) -> float:
        return float(min(0.25 * 2**self._made, LONGEST_WAIT))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header, which may be a date (RFC 9110 §10.2.3)."""
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time())
    except ValueError:
        return None


def unreachable(error: Exception) -> Unreachable:
    is_late = isinstance(error, httpx2.TimeoutException)
    return Unreachable(
        "The server did not answer in time."
        if is_late
        else f"The server cannot be reached: {error or type(error).__name__}.",
        code="timeout" if is_late else "unreachable",
        remedy="Check the address and the network, then try again.",
    )


def checked(answer: Answer, url: str) -> Answer:
    """The answer, unless it is a refusal. Raises NexusError. A redirect is never followed: a token would go with it."""
    if 200 <= answer.status < 300:
        return answer
    if 300 <= answer.status < 400:
        raise NexusError(
            f"The server at {url} sends to another address: {answer.headers.get('location', '')[:200]}",
            code="redirected", status=answer.status, remedy="If you trust it, use that address.",
        )  # fmt: skip
    problem: Any = None
    if "json" in answer.headers.get("content-type", ""):
        try:
            problem = json.loads(answer.body)
        except ValueError:
            problem = None
    raise refusal(answer.status, problem if isinstance(problem, dict) else {}, retry_after(answer.headers))


def address(url: str) -> str:
    """The server's address without a slash at its end. Raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{url!r} is no address of a server: it looks like https://nexus.example.org")
    return url.rstrip("/")


def segment(text: str) -> str:
    """A part of a path as it stands in an address."""
    return quote(text, safe="")


def _plain(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


# --- What can be asked ----------------------------------------------------------------------------------------------


def get(path: str, /, **query: Any) -> Request:
    return Request("GET", path, query, again=True, refused_again=True)


def create(
    path: str, body: Any = None, *, file: tuple[str, bytes | BinaryIO] | None = None, reviewed: Sequence[str] = ()
) -> Request:
    """A POST with an Idempotency-Key, so that it may come twice and is done once. reviewed: the ids of `SecretsFound`."""
    key = {"Idempotency-Key": str(uuid.uuid4()), **_looked(reviewed)}
    if file is None:
        return Request("POST", path, headers=key, json=body, again=True, refused_again=True)
    return Request("POST", path, headers=key, form=body, file=file, again=True, refused_again=True)


def once(path: str, body: Any = None, *, reviewed: Sequence[str] = ()) -> Request:
    """A POST whose answer cannot be given twice, such as one with a secret. Sent again only when it was not taken."""
    return Request("POST", path, headers=_looked(reviewed), json=body, refused_again=True)


def put(path: str, body: Any = None) -> Request:
    return Request("PUT", path, json=body, again=True, refused_again=True)


def patch(path: str, body: Any, *, reviewed: Sequence[str] = ()) -> Request:
    return Request("PATCH", path, headers=_looked(reviewed), json=body, again=True, refused_again=True)


def delete(path: str, /, **query: Any) -> Request:
    return Request("DELETE", path, query, refused_again=True)


def given(**fields: Any) -> dict[str, Any]:
    """What of a body is said; None is left as it is."""
    return {name: value for name, value in fields.items() if value is not None}


def _looked(reviewed: Sequence[str]) -> dict[str, str]:
    return {"Nexus-Reviewed": ",".join([reviewed] if isinstance(reviewed, str) else reviewed)} if reviewed else {}


def change(
    method: str,
    path: str,
    version: str,
    *,
    body: Any = None,
    content: bytes | None = None,
    reviewed: Sequence[str] = (),
    **query: Any,
) -> Request:
    """A change of a page, from a version. Sent again only when it was not taken: after a lost answer it would be stale."""
    headers = {"If-Match": f'"{version}"', **_looked(reviewed)}
    if content is not None:
        headers["Content-Type"] = "text/markdown; charset=utf-8"
    return Request(method, path, query, headers, json=body, content=content, refused_again=True)


def sign_in(username: str, password: str) -> Request:
    return Request("POST", "/auth/token", json={"username": username, "password": password}, signed=False)


def refresh(tokens: Tokens) -> Request:
    """Never sent again: a refresh token is good once."""
    return Request("POST", "/auth/token/refresh", json={"refresh": tokens.refresh}, signed=False)


def sign_out(tokens: Tokens) -> Request:
    return Request("POST", "/auth/token/revoke", json={"token": tokens.refresh or tokens.access}, signed=False)


def version_of(answer: Answer) -> str:
    """The version id that an ETag is; whoever compresses on the way weakens it or appends its own."""
    return answer.headers.get("etag", "").removeprefix("W/").strip('"')[:36]


def tokens_of(answer: Answer) -> Tokens:
    pair = answer.read(models.Pair)
    return Tokens(pair.access, pair.refresh, time() + pair.expires_in)


@contextmanager
def opened(source: Content | str, name: str) -> Iterator[tuple[str, bytes | BinaryIO]]:
    """A file to send with its name. Raises ValueError for bytes without a name: its end says what they are."""
    if isinstance(source, str | Path):
        path = Path(source)
        with path.open("rb") as stream:
            yield name or path.name, stream
        return
    found = name or ("" if isinstance(source, bytes) else Path(str(getattr(source, "name", ""))).name)
    if not found:
        raise ValueError("Say the name of the file: its end (.zip, .md, …) says what it is.")
    yield found, source


class Looks:
    """Following a job: how long until the next look, and what its end means."""

    def __init__(self, progress: Progress | None) -> None:
        self._wait = FIRST_LOOK
        self._progress = progress

    def after(self, job: models.Job) -> float | None:
        """Seconds until the next look; None when it is done. Raises JobFailed when it ended otherwise."""
        if self._progress:
            self._progress(job.files, job.bytes, job.done)
        if job.state == "done":
            return None
        if job.state in {"failed", "cancelled"}:
            told = job.error or {"code": "cancelled", "message": "It was cancelled.", "remedy": "Begin it again."}
            raise JobFailed(
                str(told.get("message")), code=str(told.get("code")), field=told.get("field"),
                remedy=str(told.get("remedy") or ""),
            )  # fmt: skip
        wait, self._wait = self._wait, min(self._wait * 1.5, LAST_LOOK)
        return wait


class Stream:
    """Following a hub: where to connect, what a frame says, and when to come back after it broke (docs/events.md of the
    server)."""

    def __init__(self, url: str, hub: str, after: int) -> None:
        self._address = f"{url.replace('http', 'ws', 1)}/ws/hubs/{segment(hub)}"
        #: The number of the last event that was told.
        self.seq = after
        self._wait = 0.0
        self._renewed = False

    @property
    def address(self) -> str:
        return f"{self._address}?after={self.seq}"

    @staticmethod
    def protocols(token: str) -> list[Any]:
        return ["nexus.v1", *([f"bearer.{token}"] if token else [])]

    def event(self, frame: str | bytes) -> models.Event | None:
        """What happened; None for a heartbeat, and for what is not known."""
        told = json.loads(frame)
        self._wait, self._renewed = 0.0, False
        if not isinstance(told, dict) or not isinstance(told.get("seq"), int):
            raise unexpected("its stream says no number.")
        self.seq = max(self.seq, told["seq"])
        return decoded(models.Event, told) if "facts" in told else None

    def may_renew(self, code: int) -> bool:
        """Whether a new token may be tried after a code; once."""
        first, self._renewed = not self._renewed, self._renewed or code == 4401
        return first and code == 4401

    def after(self, code: int, reason: str) -> float:
        """Seconds until it is resumed after it ended with a code. Raises NexusError when that leads nowhere."""
        kind = _ENDS.get(code)
        if kind is not None and reason != "token_expired":
            raise kind(f"The stream ended: {reason or code}.", code=reason or f"closed_{code}")
        if code in {1012, 4408}:
            return 0.05
        self._wait = min(max(2 * self._wait, 0.5), LONGEST_WAIT)
        return self._wait * (0.5 + secrets.randbelow(512) / 1024)


def no_stream() -> NexusError:
    return NexusError(
        "This installation cannot follow a hub.", code="no_websockets", remedy="Install nexus-client[stream]."
    )


#: Close codes after which there is nothing to resume.
_ENDS = {4400: Invalid, 4401: Unauthenticated, 4403: Denied, 4404: NotFound, 4410: Conflict}
