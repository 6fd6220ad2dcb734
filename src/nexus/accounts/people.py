"""People who wrote without an account: found by the e-mail of a Git author, claimed by whoever proves that it is theirs."""

import re
import unicodedata
import uuid
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import ManyToOneRel

from nexus.accounts.actions import RESERVED_NAMES
from nexus.accounts.actor import Actor
from nexus.accounts.models import Person, User
from nexus.accounts.queries import has_proved
from nexus.base.errors import Conflict, Denied, NotFound, Unauthenticated
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence

#: How often another handle is tried.
_TRIES = 50
_HANDLE_LENGTH = 32


def folded(email: str) -> str:
    """An address as it is compared: Git and people write capitals as they like."""
    return email.strip().lower()[:254]


def git_author(name: str, email: str) -> Person:
    """The person behind a Git author: one for each e-mail address, and whoever claimed them. An account is never meant:
    anybody can write anybody's address into a commit.

    name: as Git has it; without an address the name alone makes the person. Made when there is none.
    """
    address = folded(email)
    key = text_key(address or f"name:{name.strip().casefold()}")
    found = Person.objects.filter(email_key=key).select_related("claimed_by").first()
    if found is None:
        found = _made(" ".join(name.split())[:200] or address.partition("@")[0] or "?", address, key)
    return found.claimed_by or found


def folder_person(hub: uuid.UUID, name: str, members: Mapping[str, Person]) -> Person:
    """Whose a folder of that name is in a hub: the member of that name, by handle; else somebody known in that hub only."""
    member = members.get(handle_of(name))
    if member is not None:
        return member
    key = text_key(f"folder:{hub}:{name}")
    found = Person.objects.filter(email_key=key).first()
    return found or _made(" ".join(name.split())[:200] or "?", "", key)


def _made(name: str, email: str, key: str) -> Person:
    stem = handle_of(name)
    for number in range(1, _TRIES + 1):
        handle = stem if number == 1 else f"{stem}-{number}"
        if handle in RESERVED_NAMES or Person.objects.filter(handle=handle).exists():
            continue
        # An account of that name may come later: its handle is its name, so it must be free.
        if User.objects.filter(username=handle).exists():
            continue
        try:
            with transaction.atomic():
                return Person.objects.create(handle=handle, name=name, email=email, email_key=key)
        except IntegrityError:  # another import was faster, with the handle or the person
            found = Person.objects.filter(email_key=key).select_related("claimed_by").first()
            if found is not None:
                return found
    return Person.objects.create(handle=f"git-{key[:20]}", name=name, email=email, email_key=key)


def handle_of(name: str) -> str:
    """A handle that looks like `name`: letters, digits and hyphens, few of them; "person" when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_HANDLE_LENGTH].strip("-") or "person"


def claimable(actor: Actor, handle: str) -> tuple[Person, Person]:
    """(who is claimed, the actor's own person), when the actor may claim them. Raises NotFound; Unauthenticated; Denied
    ("unproved_email") unless they proved the address that Git has; Conflict("claimed")."""
    if not actor.is_signed_in or actor.token_id is not None:
        raise Unauthenticated(Sentence("Sign in to say who you are."))
    person = Person.objects.filter(handle=handle).first()
    if person is None:
        raise NotFound
    if person.user_id == actor.user_id or (person.claimed_by and person.claimed_by.user_id == actor.user_id):
        raise Conflict(Sentence("That is you already."), code="claimed", field="handle", value=handle)
    if person.user_id is not None or person.claimed_by_id is not None:
        raise Conflict(Sentence("That is somebody with an account."), code="claimed", field="handle", value=handle)
    if not person.email or not has_proved(actor, person.email):
        raise Denied(
            Sentence("Their commits have another e-mail address than those you confirmed."), code="unproved_email",
            remedy=Sentence("Add the address of these commits to your account, confirm it, and come back."),
        )  # fmt: skip
    return person, Person.objects.get(user_id=actor.user_key)


def may_claim(actor: Actor, person: Person) -> bool:
    """Whether the actor may claim `person`, whom they were shown; no statement about accounts, for those have claimed."""
    if not actor.is_signed_in or actor.token_id is not None or person.user_id is not None or not person.email:
        return False
    return person.claimed_by_id is None and has_proved(actor, person.email)


def claimer_of(handle: str) -> Person | None:
    """Who claimed the person that was called `handle`."""
    found = Person.objects.filter(handle=handle).select_related("claimed_by").first()
    return found.claimed_by if found else None


def hand_over(person: Person, to: Person) -> None:
    """Whatever names `person` names `to` from now on, in every table; and what names them later, too."""
    for relation in Person._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and not relation.one_to_one and relation.related_model is not Person:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: person})
            rows.update(**{relation.field.name: to})
    Person.objects.filter(claimed_by=person).update(claimed_by=to)
    Person.objects.filter(pk=person.pk).update(claimed_by=to)
