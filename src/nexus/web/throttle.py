"""How often one client address, or one person, may ask for what costs much, counted by the minute."""

from django.http import HttpRequest

from nexus.accounts.attempts import network_of
from nexus.base import clock, shared
from nexus.base.errors import Throttled
from nexus.base.sentences import Sentence

_WINDOW = 60


def take_turn(request: HttpRequest, what: str, limit: int, *, by_person: bool = False) -> None:
    """Counts one more of `what`, for the network that asks or the person who is signed in. Raises Throttled beyond `limit`
    in this minute; 0 allows none."""
    now = int(clock.now().timestamp())
    who = str(request.user.pk) if by_person else network_of(request.META.get("REMOTE_ADDR", ""))
    if shared.count(f"throttle:{what}:{who}:{now // _WINDOW}", 2 * _WINDOW) > limit:
        seconds = _WINDOW - now % _WINDOW
        raise Throttled(
            Sentence("That was often in a short time."),
            remedy=Sentence("Try again in %(seconds)s seconds.", seconds=seconds),
            retry_after=seconds,
        )
