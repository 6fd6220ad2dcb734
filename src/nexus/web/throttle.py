"""How often one client address may ask for what costs much: counted by the minute, in this process."""

import ipaddress

from django.core.cache import cache
from django.http import HttpRequest

from nexus.base import clock
from nexus.base.errors import Throttled
from nexus.base.sentences import Sentence

_WINDOW = 60


def take_turn(request: HttpRequest, what: str, limit: int) -> None:
    """Counts one more of `what`. Raises Throttled beyond `limit` in this minute; 0 allows none."""
    now = int(clock.now().timestamp())
    key = f"throttle:{what}:{_network(request)}:{now // _WINDOW}"
    cache.add(key, 0, 2 * _WINDOW)
    if cache.incr(key) > limit:
        seconds = _WINDOW - now % _WINDOW
        raise Throttled(
            Sentence("That was often in a short time."),
            remedy=Sentence("Try again in %(seconds)s seconds.", seconds=seconds),
            retry_after=seconds,
        )


def _network(request: HttpRequest) -> str:
    """Who is asking: an address, or of IPv6 the /64 that one household has."""
    try:
        ip = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False).network_address)
