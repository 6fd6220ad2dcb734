"""How often one may ask, over REST and GraphQL together: counted by the minute for each account, or network of somebody who
is not signed in."""

from dataclasses import dataclass

from django.conf import settings

from nexus.accounts.actor import Actor
from nexus.accounts.attempts import network_of
from nexus.base import clock, shared
from nexus.base.errors import Throttled
from nexus.base.sentences import Sentence

WINDOW = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """One request within its limit, or beyond it; what the RateLimit headers say."""

    limit: int
    used: int
    reset: int

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    def check(self) -> None:
        """Raises Throttled when it is beyond the limit."""
        if self.is_over:
            raise Throttled(
                Sentence("That was often in a short time."),
                remedy=Sentence("Try again in %(reset)s seconds.", reset=self.reset),
                retry_after=self.reset,
            )

    def headers(self) -> dict[str, str]:
        """RateLimit-Limit, -Remaining and -Reset (seconds), as the IETF draft of RateLimit headers names them."""
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.reset),
        }


def take_turn(actor: Actor, address: str, number: int = 1) -> Turn:
    """Counts a request of `actor`, who asks from `address`, or `number` of one moment; what is told holds for the last."""
    now = int(clock.now().timestamp())
    used = shared.count(_counter(actor, address, now), 2 * WINDOW, number)
    return Turn(settings.RATE_SIGNED_IN if actor.is_signed_in else settings.RATE_ANONYMOUS, used, WINDOW - now % WINDOW)


def give_back(actor: Actor, address: str) -> None:
    """Takes back the turn of a request that is counted once more elsewhere."""
    shared.count(_counter(actor, address, int(clock.now().timestamp())), 2 * WINDOW, -1)


def _counter(actor: Actor, address: str, now: int) -> str:
    who = f"user:{actor.user_id}" if actor.is_signed_in else f"network:{network_of(address)}"
    return f"api:{who}:{now // WINDOW}"
