"""What stands before the framework for readers who are somebody: what one of them got is given to them again, to nobody
else, while one statement says that nothing it was made from has changed (docs/adr/0053).

An answer is kept under everything that was sent with the request, the credential included, and only for addresses whose
answers are made from one hub alone. It is kept from the second time on that somebody asks the same: most are asked for once.
"""

import asyncio
import hashlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from cachetools import LRUCache
from django.conf import settings
from django.db import Error, connection

from nexus.accounts.actor import Actor, Door, Standing
from nexus.accounts.proofs import NOBODY, Proof, proof_of_bearer, proof_of_session
from nexus.api import limits
from nexus.base.errors import Unauthenticated
from nexus.hubs.standing import standing
from nexus.ops.answers import Passing, Send, Whole
from nexus.ops.bodies import Receive
from nexus.ops.proxies import LOCAL, Scope

log = logging.getLogger(__name__)

#: How old an answer may be at most, in seconds: names of people and how long ago something was are not asked about.
OLDEST = 60.0
#: Bytes of all answers kept, and how many requests are remembered that came once.
MAX_BYTES, MAX_ONCE = 64_000_000, 20_000
#: Of what is made from one hub: the second segment of a page's address, and the fourth of the API's.
_WEB, _API = frozenset({"pages", "raw"}), frozenset({"pages"})
_SESSION = f"{settings.SESSION_COOKIE_NAME}=".encode()
#: Headers by which a client asks for something else than the whole of what there is.
_SPECIAL = frozenset({b"range", b"if-range", b"if-match", b"if-modified-since", b"if-unmodified-since"})
#: Headers that an answer may depend on.
_TELLING = (b"host", b"cookie", b"authorization", b"accept-language", b"hx-request", b"origin")


class Asked(NamedTuple):
    """A request whose answer may be kept: what makes it the same as another, the slug of its hub, if it is the API's."""

    key: bytes
    hub: str
    is_api: bool


class Kept(NamedTuple):
    """An answer, who showed what for it, where they stood, and until when it is given, on the monotonic clock."""

    proof: Proof
    stood: tuple[Any, ...]
    until: float
    whole: Whole


def _size(kept: Kept) -> int:
    return kept.whole.size


class Question(NamedTuple):
    """Where somebody stands; counts: it is a call of the API, of which there are only so many a minute."""

    proof: Proof
    hub: str
    counts: bool


class Told(NamedTuple):
    """What the database says to a question, and the turn that was taken."""

    stood: tuple[Any, ...] | None
    turn: limits.Turn | None = None


class Personal:
    """An ASGI application for HTTP before another. What it keeps is used from the event loop alone."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._kept: LRUCache[bytes, Kept] = LRUCache(MAX_BYTES, _size)
        self._once: LRUCache[bytes, bool] = LRUCache(MAX_ONCE)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="personal")
        #: What is to be asked next, with those who wait for it. Equal questions of one moment are asked once, after the
        #: last of those requests came.
        self._waiting: dict[Question, list[asyncio.Future[Told]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Ends what stands behind."""
        self._thread.shutdown(wait=False)
        self._application.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_for(scope)
        if asked is None:
            await self._application(scope, receive, send)
        elif (kept := self._kept.get(asked.key)) is not None and kept.until > time.monotonic():
            told = await self._ask(Question(kept.proof, asked.hub, asked.is_api))
            if told.stood != kept.stood or (told.turn and told.turn.is_over):
                if told.turn:  # the application counts it
                    caller = _caller(kept.proof)
                    await asyncio.get_running_loop().run_in_executor(self._thread, limits.give_back, caller, "")
                await self._make(asked, scope, receive, send)
            else:
                more = told.turn.headers() if told.turn else {}
                await kept.whole.give(scope, send, more=[(n.lower().encode(), v.encode()) for n, v in more.items()])
        elif asked.key in self._once:
            await self._make(asked, scope, receive, send)
        else:
            self._once[asked.key] = True
            await self._application(scope, receive, send)

    async def _make(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        self._kept.pop(asked.key, None)
        headers = dict(scope["headers"])
        proof = NOBODY
        if scope["method"] == "GET":
            proof = await asyncio.get_running_loop().run_in_executor(self._thread, _shown, headers)
        # Before it is made: what changes meanwhile makes the answer old, never new.
        told = await self._ask(Question(proof, asked.hub, counts=False)) if proof.user else Told(None)
        answer = Passing(send)
        await self._application(scope, receive, answer.send)
        whole = answer.whole(b"private", had=_cookies(headers)) if told.stood is not None else None
        if told.stood is not None and whole is not None:
            left = [pair for pair in whole.headers if not (asked.is_api and pair[0].startswith(b"ratelimit-"))]
            self._kept[asked.key] = Kept(proof, told.stood, time.monotonic() + OLDEST, whole._replace(headers=left))

    async def _ask(self, question: Question) -> Told:
        """What the database says now; nothing stands when it says nothing: then the application tells why."""
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(question, []).append(answer)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                numbers = {question: len(answers) for question, answers in batch.items()}
                told: dict[Question, Told] = {}
                try:
                    told = await asyncio.get_running_loop().run_in_executor(self._thread, _told, numbers)
                except Exception:  # nobody waits for ever, and who comes next is asked about
                    log.exception("nobody was told where they stand")
                for question, answers in batch.items():
                    for answer in answers:
                        if not answer.done():  # its client may have left
                            answer.set_result(told.get(question, Told(None)))
        finally:
            self._asking = None


def _told(numbers: dict[Question, int]) -> dict[Question, Told]:
    """The answers to questions that were asked so many times each; those that the database did not answer are missing."""
    found = {}
    try:
        for question, number in numbers.items():
            stood = standing(question.proof, question.hub)
            actor = _caller(question.proof)
            counts = question.counts and stood is not None
            found[question] = Told(stood, limits.take_turn(actor, "", number) if counts else None)
    except Error:
        connection.close()
    return found


def _caller(proof: Proof) -> Actor:
    """Whose turns a call of the API takes."""
    return Actor(Standing.USER, Door.REST, proof.user)


def _shown(headers: dict[bytes, bytes]) -> Proof:
    """What a request shows of who asks; nobody's when it does not hold, or the database does not say."""
    try:
        return _proof(headers)
    except Unauthenticated:
        return NOBODY
    except Error:
        connection.close()
        return NOBODY


def _proof(headers: dict[bytes, bytes]) -> Proof:
    scheme, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if bearer:
        return proof_of_bearer(bearer.strip()) if scheme.lower() == "bearer" else NOBODY
    sessions = [each for each in _cookies(headers) if each.startswith(_SESSION)]
    return proof_of_session(sessions[0].removeprefix(_SESSION).decode("latin-1")) if len(sessions) == 1 else NOBODY


def _cookies(headers: dict[bytes, bytes]) -> list[bytes]:
    return [each.strip() for each in headers.get(b"cookie", b"").split(b";")]


def asked_for(scope: Scope) -> Asked | None:
    """What is asked for, when an answer to it may be kept for the one who asks."""
    if scope["method"] not in {"GET", "HEAD"}:
        return None
    headers = dict(scope["headers"])
    is_somebody = b"authorization" in headers or _SESSION in headers.get(b"cookie", b"")
    parts = scope["path"].split("/", 6)
    is_api = parts[1:4] == ["api", "v1", "hubs"] and len(parts) > 5 and parts[5] in _API
    if not (is_somebody and (is_api or (len(parts) > 3 and parts[2] in _WEB))) or headers.keys() & _SPECIAL:
        return None
    if not is_api and b"authorization" in headers:  # a page knows no token, so that another one would be asked about
        return None
    if len(headers) != len(scope["headers"]):  # one came twice: which of them counts is for the application to say
        return None
    packed = b"gzip" in headers.get(b"accept-encoding", b"")
    told = [scope["scheme"], scope["raw_path"], scope["query_string"], scope.get(LOCAL), packed]
    key = hashlib.sha256(repr((told, [headers.get(name) for name in _TELLING])).encode()).digest()
    return Asked(key, parts[4] if is_api else parts[1], is_api)
