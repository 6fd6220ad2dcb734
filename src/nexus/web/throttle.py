"""How often one client address may ask for what costs much, counted by the minute."""

from django.http import HttpRequest

from nexus.accounts.attempts import network_of
from nexus.base import clock, shared
from nexus.base.errors import Throttled
from nexus.base.sentences import Sentence

_WINDOW = 60


def take_turn(request: HttpRequest, what: str, limit: int) -> None:
    """Counts one more of `what`. Raises Throttled beyond `limit` in this minute; 0 allows none."""
    now = int(clock.now().timestamp())
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    if shared.count(f"throttle:{what}:{network}:{now // _WINDOW}", 2 * _WINDOW) > limit:
        seconds = _WINDOW - now % _WINDOW
        raise Throttled(
            Sentence("That was often in a short time."),
            remedy=Sentence("Try again in %(seconds)s seconds.", seconds=seconds),
            retry_after=seconds,
        )
