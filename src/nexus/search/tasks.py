"""The search index follows the activity log, behind the knowledge index: it repeats what that one found."""

from functools import partial
from uuid import UUID

from nexus.accounts.models import Person
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.models import Activity, Hub
from nexus.knowledge.tasks import DECIDED
from nexus.knowledge.tasks import FOLLOWER as KNOWLEDGE
from nexus.pages.models import Change, Page
from nexus.search.indexing import authors, forget_people, index_hub, index_pages

FOLLOWER = "search"


def follow(hub_id: UUID) -> None:
    """Brings what can be found in a hub up to date with its log."""
    activity.follow(hub_id, FOLLOWER, partial(_index_changes, hub_id), after=KNOWLEDGE)


def _index_changes(hub_id: UUID, behind: list[Activity]) -> None:
    seqs = [row.seq for row in behind if row.verb.startswith("change.")]
    new = Change.objects.filter(hub=hub_id, seq__gte=behind[0].seq, seq__lte=behind[-1].seq)
    if any(row.verb == "person.claimed" for row in behind):
        forget_people(hub_id)
        index_hub(Hub.objects.get(pk=hub_id), authors(hub_id))
    index_hub(Hub.objects.get(pk=hub_id), Person.objects.filter(pk__in=new.values("author")))
    decided = {row.data["page"] for row in behind if row.verb == DECIDED}
    if decided:
        index_pages(Page.objects.filter(hub=hub_id, pk__in=decided))
    if seqs:
        # The pages as they are now, not as they were: what a later activity says of them is then nothing new.
        of = {"versions__change__seq__gte": seqs[0], "versions__change__seq__lte": seqs[-1]}
        index_pages(Page.objects.filter(hub=hub_id, **of).distinct())


def follow_person(person_id: UUID) -> None:
    """Has a person found by what they are called now, in every hub that they wrote in, and what is kept of these made
    anew."""
    person = Person.objects.filter(pk=person_id)
    for hub in Hub.objects.filter(pk__in=Change.objects.filter(author=person_id).values("hub")).iterator():
        index_hub(hub, person)
        in_transaction(activity.made_anew)(hub.pk)
