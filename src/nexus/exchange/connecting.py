"""Every write to the connected source of a hub: the Git repository that it came from, which it is kept up to date with.

What is new there is brought by `exchange.pulling`.
"""

import datetime
from collections.abc import Mapping

from django.db import transaction

from nexus.accounts.actor import Actor
from nexus.base import clock
from nexus.base.errors import Conflict, Invalid, NotFound
from nexus.base.sentences import Sentence
from nexus.base.transactions import in_transaction
from nexus.exchange import pulling
from nexus.exchange.access import source_for
from nexus.exchange.histories import checked_authors
from nexus.exchange.models import ConnectedSource, PullState
from nexus.exchange.repositories import RemoteRepository
from nexus.exchange.signing import is_signed, new_seed, secret_of
from nexus.hubs import activity
from nexus.hubs.access import Capability, hub_for, require
from nexus.hubs.models import Hub
from nexus.pages.paths import checked_path

#: Minutes between two pulls: the least, and the most (a week).
LEAST, MOST = 15, 10_080
MAX_URL, MAX_BRANCH = 1024, 255
#: Bytes of a push webhook's call.
MAX_PUSH = 5_000_000


@in_transaction
def connect_source(
    actor: Actor,
    hub: str,
    url: str,
    *,
    branch: str = "",
    prefix: str = "",
    every: int = 0,
    history: bool = False,
    authors: str = "",
) -> ConnectedSource:
    """Connects a hub with a public Git repository, or says anew how; its first pull begins. It acts for whoever saved it
    last. What another source brought stays.

    branch: "" for the main one. prefix: the folder of the hub it goes to. every: minutes between two pulls, LEAST to MOST, 0
    for none. history, authors: as for `import_source`.
    Raises NotFound, Denied; Invalid ("bad_address", url; branch; prefix; every; authors).
    """
    place = _locked(actor, hub)
    values = {
        "url": _checked_url(url), "branch": _checked_branch(branch), "every": _checked_every(every), "history": history,
        "prefix": checked_path(prefix.strip("/"), "prefix") if prefix.strip("/") else "",
        "authors": checked_authors(actor, place, authors, history=history),
        "user_id": actor.user_id if actor.is_signed_in else None,
    }  # fmt: skip
    now = clock.now()
    moments = {"wanted_at": now, "next_at": now + datetime.timedelta(minutes=every) if every else None}
    known = ConnectedSource.objects.filter(hub=place).first()
    if known is None:
        ConnectedSource.objects.create(hub=place, **values, **moments)
    else:
        fresh = {"state": PullState.NEVER, "report": None, "error": None, "failures": 0, "pulled_at": None}
        is_other = (known.url, known.branch, known.prefix) != (values["url"], values["branch"], values["prefix"])
        ConnectedSource.objects.filter(pk=known.pk).update(
            **values, **moments, **(fresh if is_other else {"failures": 0})
        )
    activity.record(place, actor, "source.connected", {"url": pulling.label_of(url)})
    transaction.on_commit(pulling.wake)
    return source_for(actor, hub)


@in_transaction
def disconnect_source(actor: Actor, hub: str) -> None:
    """Ends the connection; what came by it stays. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    source_for(actor, hub).delete()
    activity.record(place, actor, "source.disconnected", {})


@in_transaction
def pull_source(actor: Actor, hub: str) -> ConnectedSource:
    """Has what is new there brought soon. Raises NotFound, Denied; Conflict("pulling") while somebody does."""
    place = activity.locked_hub(hub_for(actor, hub, Capability.PAGE_IMPORT).pk)
    source = source_for(actor, hub)
    if source.is_pulling:
        raise Conflict(
            Sentence("It is being pulled right now."), code="pulling", remedy=Sentence("Look again in a moment.")
        )
    ConnectedSource.objects.filter(pk=source.pk).update(wanted_at=clock.now())
    activity.record(place, actor, "source.asked", {})
    transaction.on_commit(pulling.wake)
    return source_for(actor, hub)


@in_transaction
def rotate_source_secret(actor: Actor, hub: str) -> tuple[ConnectedSource, str]:
    """A new secret for the push webhook, which is shown this once; one before holds no more. Raises NotFound, Denied."""
    place = _locked(actor, hub)
    source = source_for(actor, hub)
    seed = new_seed()
    ConnectedSource.objects.filter(pk=source.pk).update(seed=seed)
    activity.record(place, actor, "source.rotated", {})
    return source_for(actor, hub), secret_of(source.pk, seed)


def note_push(hub: str, headers: Mapping[str, str], body: bytes) -> None:
    """What whoever hosts the repository calls after a push: a pull begins soon. Nobody is signed in: the signature
    proves it.

    headers: by their lower-case names. Raises NotFound for whatever does not prove itself: no such hub, no source, no
    secret, another signature.
    """
    source = ConnectedSource.objects.filter(hub__slug=hub).first()
    # As much work for a hub that is not there.
    pk, seed = (source.pk, source.seed) if source and source.seed else (_NOBODY.pk, new_seed())
    if not is_signed(pk, seed, headers, body, int(clock.now().timestamp())) or source is None:
        raise NotFound
    ConnectedSource.objects.filter(pk=source.pk).update(wanted_at=clock.now())
    transaction.on_commit(pulling.wake)


_NOBODY = ConnectedSource()


def _locked(actor: Actor, slug: str) -> Hub:
    """The hub, locked, whose source is the actor's to manage. Raises NotFound, Denied."""
    hub = activity.locked_hub(hub_for(actor, slug, Capability.HUB_SETTINGS).pk)
    require(actor, Capability.HUB_SETTINGS, hub)
    return hub


def _checked_url(url: str) -> str:
    try:
        checked = RemoteRepository(url).url
    except Invalid as error:
        error.field = "url"
        raise
    if len(checked) > MAX_URL:
        raise Invalid(Sentence("It is too long."), code="bad_address", field="url")
    return checked


def _checked_branch(branch: str) -> str:
    """A name that Git takes for a branch (git-check-ref-format), as far as it matters here."""
    wrong = (
        set(branch) & set(" ~^:?*[\\") or ".." in branch or branch.startswith(("-", "/")) or not branch.isprintable()
    )
    if wrong or len(branch) > MAX_BRANCH:
        raise Invalid(
            Sentence("That cannot be a branch."), field="branch", value=branch,
            remedy=Sentence("Give its name, such as main, or none for the main one."),
        )  # fmt: skip
    return branch


def _checked_every(every: int) -> int:
    if every and not LEAST <= every <= MOST:
        raise Invalid(
            Sentence("It cannot be pulled so often, or so seldom."), field="every", value=every,
            remedy=Sentence("From %(least)s to %(most)s minutes, or 0 for no schedule.", least=LEAST, most=f"{MOST:,}"),
        )  # fmt: skip
    return every
