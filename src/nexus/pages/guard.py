"""Before a text is seen by more people than until now: what it seems to hold that is not for them is shown first.

"More people" are everybody who is no member: they come with a text that is written into a hub which is not private, with a
hub that becomes less private, and with a share link. Whoever may write in the hub decides (`review_suspects`); what was
decided is not asked again. Nothing is ever taken out of a text, and in a private hub nobody is asked.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, When
from django.utils.crypto import salted_hmac

from nexus.accounts.actor import Actor
from nexus.accounts.queries import addresses_of
from nexus.base.errors import Invalid, NexusError
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.access import Capability, hub_for, require
from nexus.hubs.models import Hub, Visibility
from nexus.pages import blobs
from nexus.pages.access import open_shares, visible_versions
from nexus.pages.inserting import insert_many
from nexus.pages.models import Blob, Page, Reviewed, Share, Version
from nexus.pages.sensitive import RULES, What, sensitive_in

#: Stands for the ids of all that is found.
ALL = "all"
#: The most that one answer tells, texts that are read for it in one turn, and ids that are decided at once.
MOST, TEXTS, IDS = 100, 150, 500
_CHUNK = 500
#: How often a deed is tried again that is refused for more than one answer tells.
_ROUNDS = 20
_ID = re.compile("[0-9a-f]{32}")


class Shown(NamedTuple):
    """A text that is to stand at a path; and what stood there, at which path, until now (None: nothing)."""

    path: str
    blob: str
    before: str | None = None
    was: str | None = None
    #: The number of its version, where that is not the newest.
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that seems not to be for everybody, as whoever may read the text is told of it."""

    #: What it is, the same wherever it stands in the hub.
    id: str
    path: str
    #: Of an earlier version: its number.
    version: int | None
    line: int
    what: str
    #: What it seems to be, in words, and enough of it to know it again.
    name: Sentence
    masked: str

    @property
    def said(self) -> Sentence:
        """What it seems to be and where, in words."""
        return Sentence(
            "it seems to hold %(what)s (line %(line)s: %(masked)s)", what=self.name, line=self.line, masked=self.masked
        )

    def as_json(self) -> dict[str, Any]:
        """As a refusal and a report say it."""
        told = {"id": self.id, "path": self.path, "line": self.line, "what": self.what, "name": str(self.name)}
        return told | {"masked": self.masked, "version": self.version}


class SecretsFound(NexusError):
    """More people would see what seems not to be for them; nothing was stored.

    found: at most MOST; details: `hub`, `suspects` (each as Told.as_json) and `more`, whether there are further ones.
    """

    code = "secrets_found"
    status = 409

    def __init__(self, hub: Hub, found: Sequence[Told], *, more: bool) -> None:
        first = found[0]
        super().__init__(
            Sentence(
                "This seems to hold what not everybody should see: %(what)s (%(path)s, line %(line)s).", what=first.name,
                path=first.path, line=first.line,
            ) if len(found) == 1 and not more else Sentence(
                "This seems to hold what not everybody should see, in %(number)s places; the first is %(what)s (%(path)s, "
                "line %(line)s).", number=f"{len(found)}+" if more else len(found), what=first.name, path=first.path,
                line=first.line,
            ),
            remedy=Sentence("Take it out; or, once you have looked, say that it may be seen."),
            hub=hub.slug, suspects=[one.as_json() for one in found], more=more,
        )  # fmt: skip
        self.found = found
        self.slug = hub.slug


def id_of(hub: UUID, what: What, value: str) -> str:
    """What a suspect is called: nobody without SECRET_KEY can tell from it what it is, nor that two hubs hold the same."""
    return salted_hmac("nexus.pages.guard", f"{hub}\0{what}\0{value}", algorithm="sha256").hexdigest()[:32]


# --- Asking -----------------------------------------------------------------------------------------------------------


def check(actor: Actor, hub: Hub, shown: Sequence[Shown]) -> None:
    """Before `shown` (those of a change that may hold something) are stored. Raises SecretsFound."""
    _refuse(actor, hub, newly_seen(hub, shown))


def check_share(actor: Actor, hub: Hub, path: str) -> None:
    """Before what is at or below `path` is shared by a link. Raises SecretsFound."""
    if hub.visibility == Visibility.PUBLIC:
        return
    shares = _open_shares(hub)
    pages = Page.objects.filter(hub=hub, live_key__isnull=False)
    pages = pages.filter(Q(live_key=text_key(path)) | Q(path__startswith=f"{path}/"))
    blobs.look_through(list(pages.exclude(blob__rules=RULES).values_list("blob_id", flat=True)))
    found = pages.filter(blob__suspects__gt=0).values_list("path", "blob_id")
    here = [Shown(at, blob) for at, blob in found if at == path or at.startswith(f"{path}/")]
    _refuse(actor, hub, [one for one in here if not _is_held(shares, one.path)])


def check_hub(actor: Actor, hub: Hub) -> None:
    """Before `hub` is read by more people: its history is as readable as its pages. Raises SecretsFound."""
    get_ready(hub.pk)
    _refuse(actor, hub, _suspicious(Version.objects.filter(page__hub=hub)))


def get_ready(hub: UUID) -> None:
    """Looks through what of a hub was not by these rules: much once, after they changed."""
    old = Blob.objects.filter(versions__page__hub=hub, is_text=True).exclude(rules=RULES)
    blobs.look_through(list(old.distinct().values_list("hash", flat=True)))


def newly_seen(hub: Hub, shown: Sequence[Shown]) -> list[Shown]:
    """Those of `shown` that people who are no members would see, and did not until now; no statement for none."""
    if not shown:
        return []
    if hub.visibility != Visibility.PRIVATE:
        there = set(_in_hub(hub, {one.blob for one in shown}))
        return [one for one in shown if one.blob not in there]
    shares = _open_shares(hub)
    return [
        one if _is_held(shares, one.was) else one._replace(before=None) for one in shown if _is_held(shares, one.path)
    ]


def look(actor: Actor, hub: Hub, shown: Sequence[Shown], *, turns: int | None = None) -> tuple[list[Told], bool]:
    """What `shown` seem to hold that nobody decided about yet: at most MOST, and whether there is, or after so many `turns`
    without anything may be, more."""
    for number, some in enumerate(batched(shown, TEXTS, strict=False)):
        if number == turns:
            return [], True
        if found := look_at_all(actor, hub, some):
            return found[:MOST], len(found) > MOST or len(shown) > (number + 1) * TEXTS
    return [], False


def look_at_all(actor: Actor, hub: Hub, shown: Sequence[Shown]) -> list[Told]:
    """What `shown` seem to hold that nobody decided about yet; what stood there before is no news."""
    found = list(_looked(actor, hub, shown))
    decided: set[str] = set()
    for some in batched({one.id for one in found}, _CHUNK, strict=False):
        decided |= set(Reviewed.objects.filter(hub=hub, suspect__in=some).values_list("suspect", flat=True))
    return [one for one in found if one.id not in decided]


def _refuse(actor: Actor, hub: Hub, shown: Sequence[Shown]) -> None:
    if shown:
        found, more = look(actor, hub, shown)
        if found:
            raise SecretsFound(hub, found, more=more)


def _in_hub(hub: Hub, hashes: Collection[str]) -> Iterator[str]:
    """Which contents a version of the hub has: whoever reads the hub reads those."""
    for some in batched(hashes, _CHUNK, strict=False):
        yield from Version.objects.filter(page__hub=hub, blob__in=some).values_list("blob_id", flat=True).distinct()


def _open_shares(hub: Hub) -> list[Share]:
    return list(open_shares(Share.objects.filter(hub=hub)))


def _is_held(shares: Iterable[Share], path: str | None) -> bool:
    return path is not None and any(share.holds(path) for share in shares)


def _suspicious(versions: QuerySet[Version]) -> list[Shown]:
    """What of `versions` may hold something, each content once, those that are read now before those that were."""
    rows = versions.filter(blob__suspects__gt=0, is_deletion=False).annotate(
        is_now=Case(When(pk=F("page__head"), page__live_key__isnull=False, then=True), default=False)
    )
    found: dict[str, Shown] = {}
    columns = rows.order_by("-is_now", "-change__seq", "path").values_list("path", "blob_id", "number", "is_now")
    for path, blob, number, is_now in columns.iterator():
        found.setdefault(blob, Shown(path, blob, version=None if is_now else number))
    return list(found.values())


def _looked(actor: Actor, hub: Hub, shown: Sequence[Shown]) -> Iterator[Told]:
    own: Collection[str] | None = None
    for some in batched(shown, 50, strict=False):  # so that not all texts are in memory
        names = {one.blob for one in some} | {one.before for one in some if one.before}
        texts = {blob.hash: bytes(blob.data or b"").decode("utf-8", "replace") for blob in blobs.of(names)}
        for one in some:
            found = sensitive_in(texts.get(one.blob, ""))
            if own is None and any(suspect.what is What.EMAIL for suspect in found):
                own = addresses_of(actor)
            known = {suspect.value for suspect in sensitive_in(texts.get(one.before or "", ""))}
            for suspect in found:
                if suspect.value not in known and suspect.value.casefold() not in (own or ()):
                    yield Told(
                        id_of(hub.pk, suspect.what, suspect.value), one.path, one.version, suspect.line,
                        suspect.what.value, suspect.name, suspect.masked,
                    )  # fmt: skip


# --- Deciding -----------------------------------------------------------------------------------------------------------


def suspects(actor: Actor, hub: str, *, turns: int | None = None) -> tuple[list[Told], bool]:
    """What the texts of a hub, earlier ones too, seem to hold that not everybody should see and nobody decided about: what
    would be asked before more people read it. At most MOST, and whether there is more.

    turns: how often TEXTS are looked through in which nothing is left to decide; then there may be more. Everything without.
    For whoever may decide about it. Raises NotFound, Denied.
    """
    place = hub_for(actor, hub, Capability.SUSPECT_REVIEW)
    return look(actor, place, _suspicious(visible_versions(actor).filter(page__hub=place)), turns=turns)


@in_transaction
def review_suspects(actor: Actor, hub: str, suspects: Collection[str]) -> int:
    """Says that `suspects` (their ids, 1 to IDS) may be seen by whoever reads the hub. How many were not decided yet.

    Raises NotFound, Denied, Invalid(suspects).
    """
    place = activity.locked_hub(hub_for(actor, hub, Capability.SUSPECT_REVIEW).pk)
    require(actor, Capability.SUSPECT_REVIEW, place)
    wanted = dict.fromkeys(suspects)
    wrong = next((one for one in wanted if not _ID.fullmatch(one)), None)
    if not 1 <= len(wanted) <= IDS or wrong is not None:
        raise Invalid(
            Sentence("That is no list of suspects."), field="suspects", value=len(wanted) if wrong is None else wrong,
            remedy=Sentence("Give 1 to %(most)s ids, as a refusal or a report names them.", most=IDS),
        )  # fmt: skip
    known = set(Reviewed.objects.filter(hub=place, suspect__in=wanted).values_list("suspect", flat=True))
    new = [one for one in wanted if one not in known]
    if new:
        written = activity.record(place, actor, "suspect.reviewed", {"number": len(new)})
        insert_many(Reviewed, (Reviewed(hub=place, suspect=one, person=written.person) for one in new))
    return len(new)


def looked_through[T](actor: Actor, reviewed: Collection[str], act: Callable[[], T]) -> T:
    """What `act` returns. What it is refused for is decided first if `reviewed` names all of that, or is ALL: so every door
    takes the decision with the deed. Raises what `act` and `review_suspects` raise."""
    for _ in range(_ROUNDS):
        try:
            return act()
        except SecretsFound as refusal:
            ids = {one.id for one in refusal.found}
            if ALL not in reviewed and not ids <= set(reviewed):
                raise
            review_suspects(actor, refusal.slug, ids)
    return act()
