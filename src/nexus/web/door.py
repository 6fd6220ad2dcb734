"""What every view shares: who is asking."""

from django.http import HttpRequest

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a browser's request."""
    user = request.user
    return Actor.of(user, Door.WEB) if isinstance(user, User) else Actor.anonymous(Door.WEB)
