"""Every write to accounts."""

import datetime
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError
from django.db.models import F, Q

from nexus.accounts import attempts
from nexus.accounts.actor import Actor, Door, Scope
from nexus.accounts.credentials import PERSONAL_PREFIX, REFRESH_PREFIX, access_token, digest, new_secret
from nexus.accounts.models import NAME_PATTERN, FormerHandle, Person, PersonalToken, RefreshFamily, RefreshToken, User
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.statements.prepared import Prepared

#: Names of addresses and of the program itself, which nobody may take.
RESERVED_NAMES = frozenset(
    {"operator", "nexus", "anonymous", "admin", "administrator", "root", "me", "system", "deleted"}
)
OPERATOR_HANDLE = "operator"
#: A refresh token that comes again so soon is taken for two tabs of one client, later for a thief, in seconds.
RACE = 10
#: The most personal tokens one account has, and the longest and the usual life of one, in days.
MAX_TOKENS, MAX_TOKEN_DAYS, TOKEN_DAYS = 50, 366, 90
MAX_PASSWORD = 4096
#: Characters of an address (RFC 5321 §4.5.3.1.3, without its angle brackets).
MAX_EMAIL = 254


@in_transaction
def create_user(
    actor: Actor,
    username: str,
    email: str,
    password: str,
    *,
    name: str = "",
    is_administrator: bool = False,
    is_sample: bool = False,
) -> User:
    """A new account with its person. Only the operator or an administrator may; signing up goes through allauth.

    `username`: NAME_PATTERN, not reserved. `password`: checked by the configured validators. `is_sample`: see User; the
    operator's to give, and never to an administrator.
    Raises Denied; Invalid naming the field; Conflict("name_taken" | "email_taken").
    """
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may create accounts."))
    if is_sample and (is_administrator or not actor.is_operator):
        raise Denied(Sentence("Only the operator makes sample accounts, and none of them is an administrator."))
    check_username(username)
    email = checked_email(email)
    user = User(username=username, email=email, is_administrator=is_administrator, is_sample=is_sample)
    set_checked_password(user, password)
    check_name_free(username)
    if User.objects.filter(email=email).exists():
        raise Conflict(
            Sentence("That address has an account."),
            code="email_taken",
            field="email",
            remedy=Sentence("Sign in, or use another."),
        )
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(Sentence("That name is taken."), code="name_taken", field="username", value=username) from error
    add_person(user, name or username)
    return user


def require_administrator(actor: Actor) -> None:
    """Raises Denied unless the actor manages accounts: the operator, or an administrator."""
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may do that."))


def set_administrator(actor: Actor, user: User, *, administrator: bool) -> None:
    """Makes somebody an administrator of the instance, or no longer. Raises Denied; Conflict("last_administrator")."""
    require_administrator(actor)
    if (
        not administrator
        and not User.objects.filter(is_administrator=True, is_active=True).exclude(pk=user.pk).exists()
    ):
        raise Conflict(
            Sentence("An instance keeps at least one administrator."), code="last_administrator",
            remedy=Sentence("Make somebody else one first."),
        )  # fmt: skip
    if administrator and user.is_sample:
        raise Denied(Sentence("Nobody of the sample is an administrator."))
    User.objects.filter(pk=user.pk).update(is_administrator=administrator)


def set_quota(actor: Actor, user: User, *, max_hubs: int | None, max_bytes: int | None = None) -> None:
    """How many hubs somebody may own, and how many bytes these may hold together; None: as the settings say. Raises Denied,
    Invalid."""
    require_administrator(actor)
    if max_hubs is not None and not 0 <= max_hubs <= 1_000_000:
        raise Invalid(Sentence("That is no number of hubs."), field="max_hubs", value=max_hubs)
    if max_bytes is not None and not 0 <= max_bytes < 2**63:
        raise Invalid(Sentence("That is no number of bytes."), field="max_bytes", value=max_bytes)
    User.objects.filter(pk=user.pk).update(max_hubs=max_hubs, max_bytes=max_bytes)


def reset_key(actor: Actor, user: User) -> str:
    """The end of the address at which `user` sets a new password, good once and for PASSWORD_RESET_TIMEOUT: for an
    administrator to hand on where no mail is sent. Raises Denied."""
    require_administrator(actor)
    return f"{user_pk_to_url_str(user)}-{EmailAwarePasswordResetTokenGenerator().make_token(user)}"


def set_password(actor: Actor, user: User, password: str) -> None:
    """Sets another's password, as the operator or an administrator. Raises Denied, Invalid."""
    if not (actor.is_operator or actor.is_administrator):
        raise Denied(Sentence("Only an administrator may set another's password."))
    set_checked_password(user, password)
    user.save(update_fields=["password"])


def set_checked_password(user: User, password: str) -> None:
    """Hashes `password` into `user` (not saved). Raises Invalid with the validators' words."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            Sentence("%(why)s", why=" ".join(error.messages)), code="weak_password", field="password"
        ) from error
    user.set_password(password)


def check_username(username: str) -> None:
    """Raises Invalid unless `username` may be taken by an account."""
    if not re.fullmatch(NAME_PATTERN, username):
        raise Invalid(
            Sentence("That cannot be a name."), field="username", value=username,
            remedy=Sentence("Use 1 to 39 lower-case letters, digits and single hyphens."),
        )  # fmt: skip
    if username in RESERVED_NAMES:
        raise Invalid(
            Sentence("That name is reserved."), field="username", value=username, remedy=Sentence("Choose another.")
        )


def is_name_taken(username: str, besides: Person | None = None) -> bool:
    """Whether an account, somebody out of a Git history, or a former name of anybody but `besides` is called so."""
    user, person = User.objects.filter(username=username), Person.objects.filter(handle=username)
    former = FormerHandle.objects.filter(handle=username)
    if besides is not None:
        user, person = user.exclude(person=besides), person.exclude(pk=besides.pk)
        former = former.exclude(person=besides)
    return user.exists() or person.exists() or former.exists()


def check_name_free(username: str, besides: Person | None = None) -> None:
    """Raises Conflict("name_taken")."""
    if is_name_taken(username, besides):
        raise Conflict(
            Sentence("That name is taken."),
            code="name_taken",
            field="username",
            value=username,
            remedy=Sentence("Choose another."),
        )


def checked_email(email: str) -> str:
    """`email` with its domain folded. Raises Invalid when it is no address, or longer than one can be."""
    folded = User.objects.normalize_email(email).lower()
    try:
        validate_email(email)
        MaxLengthValidator(MAX_EMAIL)(folded)
    except ValidationError as error:
        raise Invalid(
            Sentence("That is no e-mail address."),
            field="email",
            value=email,
            remedy=Sentence("Write it as name@example.org, with at most %(most)s characters.", most=MAX_EMAIL),
        ) from error
    return folded


def add_person(user: User, name: str) -> Person:
    """The person of a new account. An e-mail from Git history is not taken over here: claiming it needs proof."""
    return Person.objects.create(handle=user.username, name=name[:200], user=user)


def author_for(actor: Actor) -> Person | None:
    """The person who signs what `actor` writes; None for somebody who is not signed in."""
    if actor.is_operator:
        return Person.objects.get_or_create(handle=OPERATOR_HANDLE, defaults={"name": "Operator"})[0]
    if actor.user_id is None:
        return None
    person = _person_of.first(user=actor.user_id)
    if person is None:
        raise Person.DoesNotExist
    return person


_person_of = Prepared(lambda *, user: Person.objects.filter(user_id=user), user=uuid.UUID)


# --- Signing in by programs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a program gets for signing in."""

    access: str
    refresh: str
    #: Seconds until `access` ends.
    expires_in: int


def checked_user(login: str, password: str, *, address: str) -> User:
    """The active user with that name or e-mail address and password. Failures are counted through all doors together.

    address: the client's. Raises Unauthenticated("invalid_credentials"), the same for whatever is wrong; Throttled.
    """
    folded = login.strip().lower()[:254]
    user = User.objects.filter(Q(username=folded) | Q(email=folded)).first()
    attempt = attempts.begin(str(user.pk) if user else folded, address)
    if user is None:
        make_password(password[:MAX_PASSWORD])  # as long as for somebody who exists
    elif len(password) <= MAX_PASSWORD and user.check_password(password) and user.is_active:
        attempt.succeeded()
        user_logged_in.send(User, user=user, request=None, door=Door.REST)
        return user
    user_login_failed.send(__name__, credentials={"username": folded}, request=None, door=Door.REST)
    raise Unauthenticated(
        Sentence("The name or the password is not right."),
        code="invalid_credentials",
        remedy=Sentence("Check both and try again."),
    )


def sign_in(login: str, password: str, *, address: str, label: str = "") -> TokenPair:
    """Tokens for a program that shows a name (or e-mail address) and password. Raises as `checked_user`."""
    user = checked_user(login, password, address=address)
    return _first_pair(user, label)


@in_transaction
def _first_pair(user: User, label: str) -> TokenPair:
    now = clock.now()
    RefreshFamily.objects.filter(user=user, expires_at__lt=now).delete()
    family = RefreshFamily.objects.create(
        user=user,
        stamp=user.stamp,
        label=label[:200],
        expires_at=now + datetime.timedelta(days=settings.REFRESH_TOKEN_DAYS),
    )
    return _next_pair(family)


def _next_pair(family: RefreshFamily) -> TokenPair:
    secret = new_secret(REFRESH_PREFIX)
    RefreshToken.objects.create(family=family, hash=digest(secret))
    return TokenPair(access_token(family.user, family.pk), secret, settings.ACCESS_TOKEN_MINUTES * 60)


def refresh(secret: str) -> TokenPair:
    """A new pair for a refresh token, which is thereby used up. Of several at once exactly one succeeds.

    One that comes again within RACE seconds is refused; later the whole family ends, since somebody has a copy.
    Raises Unauthenticated ("invalid_token", "token_reused").
    """
    pair = _rotated(secret)
    if pair is None:
        raise Unauthenticated(
            Sentence("That refresh token was used already."),
            code="token_reused",
            remedy=Sentence("Use the newest one, or sign in again."),
        )
    return pair


@in_transaction
def _rotated(secret: str) -> TokenPair | None:
    """None when it was used before; then what follows from it is stored, which an exception would take back."""
    now = clock.now()
    token = RefreshToken.objects.select_related("family__user").filter(hash=digest(secret)).first()
    if token is None or not _holds(token.family, now):
        raise Unauthenticated(
            Sentence("That token does not hold."), code="invalid_token", remedy=Sentence("Sign in again.")
        )
    # The database decides who was first: no other condition is as atomic.
    if RefreshToken.objects.filter(pk=token.pk, used_at=None).update(used_at=now):
        return _next_pair(token.family)
    if token.used_at is not None and now - token.used_at > datetime.timedelta(seconds=RACE):
        RefreshFamily.objects.filter(pk=token.family_id, revoked_at=None).update(revoked_at=now)
    return None


def _holds(family: RefreshFamily, now: datetime.datetime) -> bool:
    user = family.user
    return family.revoked_at is None and family.expires_at > now and user.is_active and family.stamp == user.stamp


def revoke(secret: str) -> None:
    """Ends the family of a refresh token ("sign out"), or a personal token. One that is unknown is over as well."""
    now = clock.now()
    RefreshFamily.objects.filter(tokens__hash=digest(secret), revoked_at=None).update(revoked_at=now)
    PersonalToken.objects.filter(hash=digest(secret), revoked_at=None).update(revoked_at=now)


def sign_out_everywhere(actor: Actor, user: User | None = None) -> None:
    """Ends every session and token of the actor's, or of `user` (the operator, an administrator). Raises Denied."""
    if user is None or user.pk == actor.user_id:
        if not actor.is_signed_in or actor.token_id is not None:
            raise Unauthenticated(Sentence("Sign in to sign out everywhere."))
        pk = actor.user_key
    elif actor.is_operator or actor.is_administrator:
        pk = user.pk
    else:
        raise Denied(Sentence("Only an administrator may sign somebody else out."))
    User.objects.filter(pk=pk).update(epoch=F("epoch") + 1)


def set_active(actor: Actor, user: User, *, active: bool) -> None:
    """Deactivates an account, whose sessions and tokens end at once, or brings it back. Raises Denied."""
    require_administrator(actor)
    User.objects.filter(pk=user.pk).update(is_active=active, epoch=F("epoch") + 1)


def create_personal_token(
    actor: Actor,
    name: str,
    *,
    scopes: Collection[str] = (Scope.READ,),
    hubs: Collection[uuid.UUID] | None = None,
    days: int = TOKEN_DAYS,
    user: User | None = None,
) -> tuple[PersonalToken, str]:
    """A new token of the actor's (the operator: of `user`), and its secret, which is nowhere kept.

    scopes: values of Scope; hubs: the ids of the only hubs it reaches; days: its life, 1 to MAX_TOKEN_DAYS.
    Raises Denied; Invalid naming the field; Conflict("too_many_tokens").
    """
    if actor.token_id is not None or not (actor.is_signed_in or (actor.is_operator and user)):
        raise Unauthenticated(Sentence("A token is made by somebody who is signed in."))
    owner = user if actor.is_operator and user else User.objects.get(pk=actor.user_key)
    name = " ".join(name.split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid(
            Sentence("A token needs a name."),
            field="name",
            value=name,
            remedy=Sentence("Use 1 to 100 printable characters."),
        )
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(Scope):
        raise Invalid(
            Sentence("Those are no scopes."),
            field="scopes",
            value=", ".join(wanted),
            remedy=Sentence("Any of %(names)s.", names=", ".join(Scope)),
        )
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid(
            Sentence("That is no life for a token."),
            field="days",
            value=days,
            remedy=Sentence("1 to %(max_token_days)s days.", max_token_days=MAX_TOKEN_DAYS),
        )
    now = clock.now()
    if PersonalToken.objects.filter(user=owner, revoked_at=None, expires_at__gt=now).count() >= MAX_TOKENS:
        raise Conflict(
            Sentence("There are %(max_tokens)s tokens.", max_tokens=MAX_TOKENS),
            code="too_many_tokens",
            remedy=Sentence("Revoke one that is not used."),
        )
    secret = new_secret(PERSONAL_PREFIX)
    token = PersonalToken.objects.create(
        user=owner, name=name, hash=digest(secret), hint=secret[:10], stamp=owner.stamp, scopes=wanted,
        hubs=None if hubs is None else sorted(map(str, hubs)), expires_at=now + datetime.timedelta(days=days),
    )  # fmt: skip
    return token, secret


def revoke_personal_token(actor: Actor, token_id: uuid.UUID) -> None:
    """Ends a token: one's own, the operator anybody's, whoever shows a personal token that one. Raises NotFound."""
    found = PersonalToken.objects.filter(pk=token_id, revoked_at=None)
    if actor.token_id is not None:
        found = found.filter(pk=actor.token_id)
    if not actor.is_operator:
        found = found.filter(user_id=actor.user_key) if actor.is_signed_in else found.none()
    if not found.update(revoked_at=clock.now()):
        raise NotFound


def note_use(token: PersonalToken) -> None:
    """Remembers, to the minute, when a personal token was last used."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at > datetime.timedelta(minutes=1):
        PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now)
