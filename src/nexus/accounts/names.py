"""What somebody is called: their name as it is shown, and the name they sign in by, which is their address as well."""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from nexus.accounts.actions import check_name_free, check_username
from nexus.accounts.actor import Actor
from nexus.accounts.models import FormerHandle, Person, User
from nexus.base.errors import Conflict, Invalid, Unauthenticated
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction

#: The most names that lead to somebody besides the present one.
MAX_FORMER = 10


@in_transaction
def rename_person(actor: Actor, *, name: str | None = None, username: str | None = None) -> Person:
    """Changes what is given of the actor's own names. A former name leads to the new one and is nobody else's.

    Raises Unauthenticated; Invalid naming the field; Conflict("name_taken" | "too_many_names").
    """
    if not actor.is_signed_in or actor.token_id is not None:
        raise Unauthenticated(Sentence("Sign in to change your name."))
    person = Person.objects.select_for_update().get(user_id=actor.user_key)
    if name is not None:
        person.name = _checked_name(name)
    if username is not None and username != person.handle:
        _take(person, username)
    person.save(update_fields=["name", "handle"])
    transaction.on_commit(partial(_tell, person.pk), robust=True)
    return person


def _take(person: Person, username: str) -> None:
    check_username(username)
    check_name_free(username, person)
    FormerHandle.objects.filter(person=person, handle=username).delete()
    if FormerHandle.objects.filter(person=person).count() >= MAX_FORMER:
        raise Conflict(
            Sentence("You had %(number)s other names already.", number=MAX_FORMER), code="too_many_names", field="username",
            remedy=Sentence("Go back to one of them."),
        )  # fmt: skip
    FormerHandle.objects.create(handle=person.handle, person=person)
    person.handle = username
    User.objects.filter(person=person).update(username=username)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise Invalid(
            Sentence("That cannot be a name."), field="name", value=name,
            remedy=Sentence("Use 1 to 200 printable characters."),
        )  # fmt: skip
    return name


def _tell(person_id: UUID) -> None:
    for follower in settings.NEXUS_PERSON_FOLLOWERS:
        import_string(follower)(person_id)


@in_transaction
def part_with(person: Person, *, keep_name: bool) -> None:
    """What is left of a person whose account ends: under what they wrote their name, or "Former member" at an address that
    says nothing. Not an action: `hubs.leaving.delete_account` is, which has looked at rights."""
    changed = {"user": None, "email": "", "email_key": None}
    if not keep_name:
        FormerHandle.objects.filter(person=person).delete()
        changed |= {"handle": f"former-{person.pk.hex[-12:]}", "name": "Former member"}
    Person.objects.filter(pk=person.pk).update(**changed)
    transaction.on_commit(partial(_tell, person.pk), robust=True)
