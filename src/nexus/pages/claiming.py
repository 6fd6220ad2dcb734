"""Claiming: what a name out of a Git history wrote becomes the work of the account whose e-mail that is."""

from nexus.accounts.actor import Actor
from nexus.accounts.models import Person
from nexus.accounts.people import claimable, hand_over
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.models import Activity
from nexus.pages.models import Change
from nexus.pages.queries import person_for


@in_transaction
def claim_person(actor: Actor, handle: str) -> Person:
    """Says that the person called `handle` is the actor, who proved the e-mail address that Git has of them: everything they
    wrote in any hub is the actor's from then on, and a later import names the actor at once. Each hub's log says so.

    Returns the actor's own person. Raises NotFound (also when `handle` wrote nothing that the actor may read),
    Unauthenticated, Denied("unproved_email"), Conflict("claimed").
    """
    person_for(actor, handle)  # who is not seen does not exist
    person, own = claimable(actor, handle)
    named = Change.objects.filter(author=person).values_list("hub", flat=True)
    logged = Activity.objects.filter(person=person).values_list("hub", flat=True)
    hubs = sorted({*named.distinct(), *logged.distinct()})
    locked = [activity.locked_hub(hub) for hub in hubs]
    hand_over(person, own)
    for hub in locked:
        activity.record(hub, actor, "person.claimed", {"was": person.handle})
    own.refresh_from_db()
    return own
