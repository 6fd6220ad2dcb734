"""Reads about accounts for those who manage them."""

from collections.abc import Collection
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from nexus.accounts.actions import note_use
from nexus.accounts.actor import Actor, Door
from nexus.accounts.credentials import PERSONAL_PREFIX, claims_of, digest
from nexus.accounts.models import Person, PersonalToken, User
from nexus.base import clock
from nexus.base.errors import Denied, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.statements.prepared import Prepared

_active = Prepared(lambda *, user: User.objects.filter(pk=user, is_active=True), user=UUID)


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


def actor_by_bearer(bearer: str, door: Door) -> Actor:
    """Who shows an access or a personal token; one statement. Raises Unauthenticated ("invalid_token", "token_expired").

    It holds only while its owner is active, has the password it was given for, and did not sign out everywhere.
    """
    if bearer.startswith(PERSONAL_PREFIX):
        return Actor.by_token(shown_token(bearer), door)
    claims = claims_of(bearer)
    user = _active.first(user=claims.user)
    if user is None or claims.stamp != user.stamp:
        raise _no_token()
    return Actor.of(user, door)


def shown_token(bearer: str) -> PersonalToken:
    """The personal token that is shown, with its owner; its use is noted. Raises as `actor_by_bearer`."""
    token = PersonalToken.objects.select_related("user").filter(hash=digest(bearer), revoked_at=None).first()
    if token is None or token.stamp != token.user.stamp or not token.user.is_active:
        raise _no_token()
    if token.expires_at <= clock.now():
        raise Unauthenticated(
            Sentence("That token has expired."), code="token_expired", remedy=Sentence("Make another.")
        )
    note_use(token)
    return token


def _no_token() -> Unauthenticated:
    return Unauthenticated(
        Sentence("That token does not hold."), code="invalid_token", remedy=Sentence("Sign in again.")
    )


def names_of(users: Collection[UUID]) -> dict[UUID, Person]:
    """The people whose accounts these are, by the account; those that were deactivated are missing. At most 500 at once.

    What they are called is known wherever they wrote: who may be told that they are here is asked before."""
    found = Person.objects.filter(user__in=list(users)[:500], user__is_active=True)
    return {person.user_id: person for person in found.only("handle", "name", "user") if person.user_id}


def account_of(actor: Actor) -> User:
    """The account that asks, with its person; one statement. Raises Unauthenticated."""
    if not actor.is_signed_in:
        raise Unauthenticated(Sentence("Sign in first."))
    return User.objects.select_related("person").get(pk=actor.user_key)


def personal_tokens(actor: Actor, user: User | None = None) -> QuerySet[PersonalToken]:
    """The tokens of the actor's that hold (the operator: of `user`, or all), newest first; a token sees itself alone."""
    found = PersonalToken.objects.filter(revoked_at=None, expires_at__gt=clock.now()).select_related("user")
    if actor.token_id is not None:
        found = found.filter(pk=actor.token_id)
    if not actor.is_operator:
        found = found.filter(user_id=actor.user_key) if actor.is_signed_in else found.none()
    elif user is not None:
        found = found.filter(user=user)
    return found.order_by("-created_at", "-pk")


def has_proved(actor: Actor, email: str) -> bool:
    """Whether `email` (folded) is an address of the actor's that they confirmed, or that the operator gave their account."""
    if EmailAddress.objects.filter(user_id=actor.user_key, email=email, verified=True).exists():
        return True
    given = User.objects.filter(pk=actor.user_key, email=email)
    return given.exists() and not EmailAddress.objects.filter(user_id=actor.user_key).exists()


def addresses_of(actor: Actor) -> frozenset[str]:
    """The e-mail addresses of the actor's account, folded; none for the operator. Two statements at most."""
    if not actor.is_signed_in:
        return frozenset()
    named = EmailAddress.objects.filter(user_id=actor.user_key).values_list("email", flat=True)
    given = User.objects.filter(pk=actor.user_key).values_list("email", flat=True)
    return frozenset(email.casefold() for email in (*named, *given) if email)


def has_confirmed(actor: Actor, email: str) -> bool:
    """Whether `email` is an address of the actor's that they confirmed."""
    if not actor.is_signed_in:
        return False
    confirmed: bool = EmailAddress.objects.filter(user_id=actor.user_key, email=email, verified=True).exists()
    return confirmed


def account(actor: Actor) -> User | None:
    """The actor's own account; None for somebody who is not signed in, and for the operator."""
    return User.objects.filter(pk=actor.user_key).first() if actor.is_signed_in else None


def current_handle(handle: str) -> str:
    """What the person who was called `handle` before is called now; "" when nobody was. Names stand in addresses, and a name
    leads to no more than its bearer's own does. One statement."""
    return Person.objects.filter(former_handles__handle=handle).values_list("handle", flat=True).first() or ""
