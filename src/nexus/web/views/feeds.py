"""The changes of a hub as a feed (Atom, RFC 4287)."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from nexus.hubs.access import hub_for
from nexus.pages import queries
from nexus.search.addresses import change_address, hub_address
from nexus.web.door import actor_of, shared_page

#: How many changes a feed holds.
ENTRIES = 50
#: What no XML may hold (XML 1.0, 2.2), and names and messages may.
_NO_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
@shared_page
def changes(request: HttpRequest, hub: str) -> HttpResponse:
    """The newest changes, for whoever may read the hub. An entry's id is the change's own and stays."""
    actor = actor_of(request)
    place = hub_for(actor, hub)
    feed = Atom1Feed(
        title=_plain(place.title), link=request.build_absolute_uri(hub_address(hub)), description="",
        feed_url=request.build_absolute_uri(), feed_guid=f"urn:uuid:{place.pk}",
    )  # fmt: skip
    found: list[Any] = list(queries.recent_changes(actor, place, limit=ENTRIES))  # with columns that it counted
    for change in found:
        feed.add_item(
            title=_plain(_title(change)), link=request.build_absolute_uri(change_address(hub, change.seq)),
            description=_plain(change.message), author_name=_plain(change.author.name), unique_id=f"urn:uuid:{change.pk}",
            pubdate=change.created_at, updateddate=change.created_at,
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _plain(text: str) -> str:
    """A text as a feed may hold it: what it may not is replaced, visibly."""
    return _NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)


def _title(change: Any) -> str:
    others = change.added + change.edited + change.removed - 1
    if change.reverts:
        return _("Took back change %(n)d") % {"n": change.reverts.seq}
    if not others:
        return str(change.path)
    more = ngettext("%(path)s and one more", "%(path)s and %(n)d more", others)
    return more % {"path": change.path, "n": others}
