"""Every write to accounts."""

import re

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from nexus.accounts.actor import Actor
from nexus.accounts.models import NAME_PATTERN, Person, User
from nexus.base.errors import Conflict, Denied, Invalid
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction

#: Names of addresses and of the program itself, which nobody may take.
RESERVED_NAMES = frozenset(
    {"operator", "nexus", "anonymous", "admin", "administrator", "root", "me", "system", "deleted"}
)
OPERATOR_HANDLE = "operator"


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
    if User.objects.filter(username=username).exists() or Person.objects.filter(handle=username).exists():
        raise Conflict(
            Sentence("That name is taken."),
            code="name_taken",
            field="username",
            value=username,
            remedy=Sentence("Choose another."),
        )
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


def checked_email(email: str) -> str:
    """`email` with its domain folded. Raises Invalid when it is no address."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(
            Sentence("That is no e-mail address."),
            field="email",
            value=email,
            remedy=Sentence("Write it as name@example.org."),
        ) from error
    return User.objects.normalize_email(email).lower()


def add_person(user: User, name: str) -> Person:
    """The person of a new account. An e-mail from Git history is not taken over here: claiming it needs proof."""
    return Person.objects.create(handle=user.username, name=name[:200], user=user)


def author_for(actor: Actor) -> Person | None:
    """The person who signs what `actor` writes; None for somebody who is not signed in."""
    if actor.is_operator:
        return Person.objects.get_or_create(handle=OPERATOR_HANDLE, defaults={"name": "Operator"})[0]
    if actor.user_id is None:
        return None
    return Person.objects.get(user_id=actor.user_id)
