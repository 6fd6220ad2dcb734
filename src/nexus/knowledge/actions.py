"""Writes about what was found: the index made anew, what somebody decided, and (in `writing`) what they write into texts."""

from collections.abc import Callable
from uuid import UUID

from nexus.accounts.actor import Actor
from nexus.base.errors import Denied, Invalid, NotFound
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import following
from nexus.hubs.access import Capability, hub_for, require, visible_hubs
from nexus.hubs.activity import locked_hub, made_anew, record
from nexus.hubs.models import FollowerCursor, Hub
from nexus.knowledge.access import decidable_entries
from nexus.knowledge.indexing import index_pages
from nexus.knowledge.models import Decision, Entry, EntryKind, Verdict
from nexus.knowledge.tasks import DECIDED, FOLLOWER
from nexus.knowledge.writing import MAX_ANSWERS, MAX_SAID, Answer, add_entry, answer_entries
from nexus.pages import indexing
from nexus.pages.models import Page

__all__ = ["MAX_ANSWERS", "MAX_SAID", "Answer", "Progress", "add_entry", "answer_entries", "decide_entry", "reindex"]

type Progress = Callable[[str, int, int], None]


def reindex(actor: Actor, hub: str = "", progress: Progress | None = None) -> dict[str, int]:
    """Rebuilds everything that is read out of texts, for one hub or all: documents, titles, folders, entries, topics.

    The result is what following every change would have made; entries keep their identity. Readers are served the old
    index until the new one is there. For the operator only (Denied, NotFound). Returns {"parsed", "hubs", "entries"}.
    """
    if not actor.is_operator:
        raise Denied(Sentence("Only the operator rebuilds the index."))
    hubs = [hub_for(actor, hub)] if hub else list(visible_hubs(actor).order_by("slug"))
    parsed = indexing.parse_missing((lambda done, of: progress("texts", done, of)) if progress else None)
    for number, each in enumerate(hubs, start=1):
        indexing.rebuild(each.pk)
        _reindex_hub(each.pk)
        if progress:
            progress("hubs", number, len(hubs))
    if not hub:
        indexing.drop_outdated()
    entries = Entry.objects.filter(hub__in=hubs, is_present=True).count()
    return {"parsed": parsed, "hubs": len(hubs), "entries": entries}


@in_transaction
def _reindex_hub(hub_id: UUID) -> None:
    cursor, _ = FollowerCursor.objects.select_for_update().get_or_create(hub_id=hub_id, follower=FOLLOWER)
    sequence = Hub.objects.values_list("sequence", flat=True).get(pk=hub_id)
    index_pages(Page.objects.filter(hub_id=hub_id).iterator(chunk_size=500))
    cursor.seq = sequence
    cursor.save(update_fields=["seq"])
    made_anew(hub_id)


def decide_entry(actor: Actor, hub: str, entry: UUID, verdict: str, *, kind: str = "") -> Decision:
    """Says of a find that it is right, of another `kind` ("other_kind"), or nothing ("not_this": then it is shown nowhere).

    The newest decision counts, through every edit of the page by which the find stays the same; what is decided again as it
    is changes nothing. Raises NotFound, Denied, Invalid.
    """
    place = hub_for(actor, hub, Capability.PAGE_EDIT)
    if verdict not in Verdict.values:
        raise Invalid(
            Sentence("That is no decision."), field="verdict", value=verdict,
            remedy=Sentence("One of %(all)s.", all=", ".join(Verdict.values)),
        )  # fmt: skip
    if (kind not in EntryKind.values) if verdict == Verdict.OTHER_KIND else kind:
        raise Invalid(
            Sentence("The kind goes with “other_kind”, and only with it."), field="kind", value=kind,
            remedy=Sentence("One of %(all)s.", all=", ".join(EntryKind.values)),
        )  # fmt: skip
    with following.at_once():  # whoever decided looks for what became of it
        return _decide(actor, place.pk, entry, Verdict(verdict), kind)


@in_transaction
def _decide(actor: Actor, hub_id: UUID, entry: UUID, verdict: Verdict, kind: str) -> Decision:
    hub = locked_hub(hub_id)
    require(actor, Capability.PAGE_EDIT, hub)
    row = decidable_entries(actor).filter(hub=hub, pk=entry).first()
    if row is None:
        raise NotFound
    if kind == row.found_as:  # of the kind it was found as: that is no other one
        verdict, kind = Verdict.RIGHT, ""
    last = row.decisions.order_by("-seq").first()
    if last and (last.verdict, last.kind) == (verdict, kind):
        return last
    facts = {"entry": str(row.pk), "page": str(row.page_id), "verdict": verdict.value, "kind": kind or None}
    written = record(hub, actor, DECIDED, facts)
    return Decision.objects.create(
        entry=row, version_id=row.version_id, person=written.person, verdict=verdict, kind=kind, seq=written.seq
    )
