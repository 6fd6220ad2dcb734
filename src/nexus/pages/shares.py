"""Links by which somebody without an account reads one page, or what lies in one folder, and nothing beyond it.

Whoever holds the link reads with the rights of its maker, asked for each time, narrowed to the path: when the maker loses
the right to share, or the page is moved or deleted, the link is dead at once. What it shows leads nowhere outside of it.
"""

import datetime
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q, QuerySet

from nexus.accounts import attempts
from nexus.accounts.actor import Actor, Door
from nexus.accounts.credentials import digest, new_secret
from nexus.base import clock
from nexus.base.errors import Conflict, Denied, Invalid, NotFound
from nexus.base.ids import text_key
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.hubs import activity
from nexus.hubs.access import Capability, capabilities, hub_filter, hub_for, require
from nexus.hubs.invitations import LOCAL
from nexus.hubs.models import Hub
from nexus.pages import guard, queries
from nexus.pages.access import open_shares
from nexus.pages.models import Blob, Folder, Page, Share
from nexus.pages.paths import checked_path

#: What the secrets begin with, so that people and scanners know them.
PREFIX = "nxs_"
#: The longest and the usual life of one, in days; the most that are open in a hub, and for how long ended ones are kept.
MAX_DAYS, DAYS, MAX_OPEN, KEPT = 365, 30, 200, datetime.timedelta(days=30)
#: The shortest and the longest password, in characters.
SHORTEST, LONGEST = 8, 200


@dataclass(frozen=True, slots=True)
class Shared:
    """A share that was made, with its secret and the link that carries it; both are nowhere kept."""

    share: Share
    token: str
    link: str


@in_transaction
def create_share(actor: Actor, hub: str, path: str, *, days: int = DAYS, password: str = "", site: str = "") -> Shared:
    """A link to the page, file or folder at `path`, good for `days` and, with a `password`, for whoever knows that too.

    site: the origin of the link, where NEXUS_ADDRESS names none; this machine's without either.
    Raises NotFound (the hub, or nothing is at the path), Denied, Invalid naming the field, Conflict("too_many_shares"),
    SecretsFound.
    """
    place = activity.locked_hub(hub_for(actor, hub, Capability.PAGE_SHARE).pk)
    require(actor, Capability.PAGE_SHARE, place)
    _check_terms(days, password)
    path = checked_path(path.strip("/"))
    page = Page.objects.filter(hub=place, live_key=text_key(path)).first()
    if page is None and not Folder.objects.filter(hub=place, path_key=text_key(path)).exists():
        raise NotFound
    now = clock.now()
    Share.objects.filter(hub=place, expires_at__lt=now - KEPT).delete()
    if open_shares(Share.objects.filter(hub=place)).count() >= MAX_OPEN:
        raise Conflict(
            Sentence("This hub has %(number)s share links.", number=MAX_OPEN), code="too_many_shares",
            remedy=Sentence("Revoke one that is not needed."),
        )  # fmt: skip
    guard.check_share(actor, place, path)
    token = new_secret(PREFIX)
    made = Share.objects.create(
        hub=place, path=path, page=page, hash=digest(token), password=make_password(password) if password else "",
        maker_id=actor.user_id, expires_at=now + datetime.timedelta(days=days),
    )  # fmt: skip
    facts = {"share": str(made.pk), "until": made.expires_at.isoformat(), "password": bool(password)}
    activity.record(place, actor, "share.created", facts)
    return Shared(made, token, f"{(settings.ADDRESS or site or LOCAL).rstrip('/')}/shared/{token}")


def _check_terms(days: int, password: str) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(
            Sentence("That is no life for a share link."), field="days", value=days,
            remedy=Sentence("1 to %(most)s days.", most=MAX_DAYS),
        )  # fmt: skip
    if password and not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            Sentence("That cannot be its password."), field="password",
            remedy=Sentence("Use %(least)s to %(most)s characters, or none.", least=SHORTEST, most=LONGEST),
        )  # fmt: skip


@in_transaction
def revoke_share(actor: Actor, hub: str, share_id: uuid.UUID) -> None:
    """Ends a share link: whoever manages members any, others their own. Raises NotFound, Denied."""
    place = activity.locked_hub(hub_for(actor, hub, Capability.PAGE_SHARE).pk)
    require(actor, Capability.PAGE_SHARE, place)
    mine = visible_shares(actor).filter(hub=place, pk=share_id, revoked_at=None)
    if not Share.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(revoked_at=clock.now()):
        raise NotFound
    activity.record(place, actor, "share.revoked", {"share": str(share_id)})


def visible_shares(actor: Actor) -> QuerySet[Share]:
    """The share links that exist for `actor`: all of the hubs whose members they manage, elsewhere those they made."""
    shown = hub_filter(actor, Capability.MEMBER_MANAGE, "hub__")
    if actor.is_signed_in:
        shown |= hub_filter(actor, Capability.PAGE_SHARE, "hub__") & Q(maker=actor.user_key)
    return Share.objects.filter(shown)


def shares(actor: Actor, hub: str) -> QuerySet[Share]:
    """The open share links of a hub, with their makers, in no order. Raises NotFound; Denied for whoever may not share."""
    place = hub_for(actor, hub, Capability.PAGE_SHARE)
    return open_shares(visible_shares(actor)).filter(hub=place).select_related("maker")


# --- Whoever holds the link -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A share that holds, and with whose rights its holder reads."""

    share: Share
    reader: Actor

    @property
    def hub(self) -> Hub:
        return self.share.hub

    def holds(self, path: str) -> bool:
        """Whether what is at `path` is shared."""
        return self.share.holds(path)


def opened(token: str) -> Opened:
    """The share with that secret; at most three statements. Raises NotFound, one and the same for what never was, is over,
    revoked, whose maker lost the right to share, whose page was moved or deleted, or whose hub is gone."""
    found = open_shares(Share.objects.select_related("hub", "maker", "page").filter(hash=digest(token))).first()
    if found is None:
        raise NotFound
    reader = Actor.of(found.maker, Door.WEB) if found.maker else Actor.operator(Door.WEB)
    held = capabilities(reader, found.hub)
    if not {Capability.PAGE_SHARE, Capability.HUB_READ} <= held:
        raise NotFound
    if found.page is not None and (found.page.path != found.path or not found.page.is_live):
        raise NotFound
    return Opened(found, reader)


def check_share_password(opened: Opened, password: str, *, address: str) -> None:
    """Raises Denied("wrong_password") unless it is the share's; Throttled after too many from wherever. address: the
    client's."""
    attempt = attempts.begin(f"share {opened.share.pk}", address)
    if len(password) > LONGEST or not check_password(password, opened.share.password):
        raise Denied(Sentence("That is not the password."), code="wrong_password", field="password")
    attempt.succeeded()


def shared_reading(opened: Opened, path: str) -> queries.Reading:
    """What is at `path` of the share, ready to be shown. Raises NotFound."""
    if not opened.holds(path):
        raise NotFound
    return queries.reading(opened.reader, opened.hub.slug, path)


def shared_file(opened: Opened, path: str) -> Blob:
    """The content at `path` of the share. Raises NotFound."""
    if not opened.holds(path):
        raise NotFound
    return queries.path_for(opened.reader, opened.hub.slug, path).blob


def shared_listing(opened: Opened, folder: str) -> queries.Listing:
    """What lies directly in a folder of the share. Raises NotFound."""
    if opened.share.page_id is not None or not opened.holds(folder):
        raise NotFound
    found = queries.listing(hub_for(opened.reader, opened.hub.slug), folder)
    if not (found.folders or found.pages):
        raise NotFound
    return found
