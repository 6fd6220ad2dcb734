"""Reads about accounts for those who manage them."""

from django.db.models import QuerySet

from nexus.accounts.actor import Actor, Door
from nexus.accounts.models import User
from nexus.base.errors import Denied, NotFound
from nexus.base.sentences import Sentence


def users(actor: Actor) -> QuerySet[User]:
    """All accounts, by name; for the operator and administrators only (Denied)."""
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may list accounts."))
    return User.objects.order_by("username")


def sample_users() -> QuerySet[User]:
    """The people of the sample that may still sign in, with their names, in the order they came. Their names stand in a
    public hub, so everybody may ask; whether one may continue as them is the door's question (web.continuing)."""
    return User.objects.filter(is_sample=True, is_active=True).select_related("person").order_by("pk")


def user_named(actor: Actor, username: str) -> User:
    """The account called `username`. Raises Denied, NotFound."""
    found = users(actor).filter(username=username).first()
    if found is None:
        raise NotFound(Sentence("There is no account of that name: %(name)s.", name=repr(username[:39])))
    return found


def actor_named(actor: Actor, username: str, door: Door) -> Actor:
    """The operator acting as somebody (`--as`). Raises Denied, NotFound; a deactivated account is refused."""
    user = user_named(actor, username)
    if not user.is_active:
        raise Denied(Sentence("That account is deactivated."), field="as", value=username)
    return Actor.of(user, door)
