"""Failed sign-ins, counted through all doors together, by account and by network. A success gives its turn back."""

import ipaddress
from dataclasses import dataclass

from nexus.base import shared
from nexus.base.errors import Throttled
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence

#: How many failures in how many seconds; whoever shares an address may be a class room.
BY_ACCOUNT, BY_NETWORK, WINDOW = 10, 100, 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try that took its turn."""

    keys: tuple[str, ...]

    def succeeded(self) -> None:
        """It was no failure: what it took is given back."""
        for key in self.keys:
            shared.count(key, WINDOW, -1)


def begin(account: str, address: str) -> Attempt:
    """Takes a turn before a password is looked at, so that tries at once are counted too. Raises Throttled.

    account: what names the account whichever way it is written (its id, or the unknown name); address: the client's.
    """
    attempt = Attempt((f"sign-in:{text_key(account)}", f"sign-in-from:{network_of(address)}"))
    if any(shared.count(key, WINDOW) > most for key, most in zip(attempt.keys, (BY_ACCOUNT, BY_NETWORK), strict=True)):
        raise Throttled(
            Sentence("Too many failed sign-ins."), code="too_many_attempts", retry_after=WINDOW,
            remedy=Sentence("Wait %(window)s minutes, or set a new password.", window=WINDOW // 60),
        )  # fmt: skip
    return attempt


def network_of(address: str) -> str:
    """Who is asking: an address, or of IPv6 the /64 that one household has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False).network_address)
