"""Sends to webhooks in every process that serves: one thread asks the database, one event loop is in the network."""

import asyncio
import logging
import queue
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from django.db import DatabaseError, close_old_connections

from nexus.exchange.deliveries import Claim, Sending, claim_due, next_sending, record, release
from nexus.exchange.posting import Answer, Resolve, post, resolved
from nexus.exchange.webhooks import reach

log = logging.getLogger(__name__)

#: How many requests of this process are under way at most, and how many a webhook makes before others have their turn.
CONCURRENCY, IN_A_ROW = 20, 50
#: How often it looks without being called: what another process wrote while Redis was away, and what waits after a failure.
POLL = 5.0
#: The shortest pause between two looks, however often it is called.
PACE = 0.1


class Sender:
    """Its requests and what becomes of them. The database is asked by whoever calls `drain` or `run`, in their thread."""

    def __init__(self, *, resolve: Resolve = resolved) -> None:
        self._resolve = resolve
        self._calls: queue.SimpleQueue[tuple[Sending, Answer] | None] = queue.SimpleQueue()
        self._sent: dict[Claim, int] = {}
        self._pause = threading.Event()
        self._loop = asyncio.new_event_loop()
        # Names are looked up in threads; a slow one is to hold up nothing but its own request.
        self._loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="webhooks-names"))
        self._network = threading.Thread(target=self._loop.run_forever, name="webhooks-network", daemon=True)
        self._network.start()

    def wake(self, _hub: uuid.UUID | None = None, _seq: int = 0) -> None:
        """Has `run` look soon: a listener of `base.broadcast`. From any thread."""
        if self._calls.empty():
            self._calls.put(None)

    def run(self) -> None:
        """Sends what is due, for ever."""
        is_up = True
        while True:
            looked = time.monotonic()
            try:
                close_old_connections()
                self._look()
                self._take(looked + POLL)
                while time.monotonic() < looked + PACE:
                    self._take(looked + PACE)
                is_up = True
            except DatabaseError as error:
                if is_up:
                    log.warning("webhooks wait: the database does not answer (%s)", error)
                is_up = False
                self._pause.wait(POLL)
            except Exception:
                log.exception("webhooks wait")
                self._pause.wait(POLL)

    def drain(self) -> None:
        """Sends until nothing is due or under way."""
        self._look()
        while self._sent:
            self._take(time.monotonic() + POLL)
            self._look()

    def close(self) -> None:
        """Ends the event loop; what is under way is not waited for."""
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._network.join()
        self._loop.close()

    def _look(self) -> None:
        """Begins what is due, as far as there is room."""
        for claim in claim_due(CONCURRENCY - len(self._sent)):
            self._sent[claim] = 0
            self._go_on(claim)

    def _take(self, until: float) -> None:
        """Waits for an answer or a call, and deals with all that are there."""
        try:
            called = self._calls.get(timeout=max(until - time.monotonic(), 0.0))
        except queue.Empty:
            return
        while True:
            if called is not None:
                self._answered(*called)
            try:
                called = self._calls.get_nowait()
            except queue.Empty:
                return

    def _answered(self, sending: Sending, answer: Answer) -> None:
        claim = sending.claim
        try:
            record(sending, answer)
        except BaseException:
            self._sent.pop(claim, None)  # its lease ends, then it is sent again
            raise
        self._go_on(claim)

    def _go_on(self, claim: Claim) -> None:
        """Begins the next request of a webhook, or lets it go."""
        try:
            sending = next_sending(claim) if self._sent[claim] < IN_A_ROW else None
            if sending is None:
                del self._sent[claim]
                release(claim)
                return
        except BaseException:
            self._sent.pop(claim, None)
            raise
        self._sent[claim] += 1
        request = post(sending.url, sending.body, sending.headers, reach(), resolve=self._resolve)
        asyncio.run_coroutine_threadsafe(request, self._loop).add_done_callback(partial(self._done, sending))

    def _done(self, sending: Sending, future: "Future[Answer]") -> None:
        error = future.exception()
        if error is not None:
            log.error("a webhook failed: %s", sending.claim.webhook, exc_info=error)
        self._calls.put((sending, Answer(error="error") if error else future.result()))


def start() -> Sender:
    """Has a thread of this process send; when a server starts."""
    sender = Sender()
    threading.Thread(target=sender.run, name="webhooks", daemon=True).start()
    return sender
