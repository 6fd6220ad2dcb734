"""Searching: one box for words and for errors that are pasted whole."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from nexus.search import queries
from nexus.search.language import MAX_QUERY
from nexus.search.results import KINDS
from nexus.web.door import actor_of
from nexus.web.kinds import several

#: Results of a page, and of the list that the palette asks for.
SHOWN, IN_PALETTE = 20, 12
#: Characters of an address that proxies and browsers pass on without complaint; a longer query is sent as a form.
LONGEST_ADDRESS = 1500


@csrf_exempt  # it changes nothing: a form because an error may be longer than an address, and pages stay the same for all
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """What was found, as a page; as a list alone for `HX-Request: true`. A form that fits an address becomes one."""
    asked = request.POST if request.method == "POST" else request.GET
    query = asked.get("q", "")[:MAX_QUERY]
    hub, kind = asked.get("hub", "").strip(), asked.get("kind", "").strip()
    address = _address(query, hub, kind)
    if request.method == "POST" and len(address) <= LONGEST_ADDRESS:
        return redirect(address)
    kind = kind if kind in KINDS else ""
    is_list = request.headers.get("HX-Request") == "true"
    limit, cursor = IN_PALETTE if is_list else SHOWN, _cursor(asked.get("cursor", ""))
    found = queries.search(actor_of(request), query, hub=hub, kind=kind, limit=limit, cursor=cursor)
    fits = len(address) <= LONGEST_ADDRESS
    context = {
        "query": query,
        "found": found,
        "hub": hub,
        "kind": kind,
        "facets": _facets(found.facets or {}, query, hub, kind),
        "fits": fits,
        "everything": _address(query, "", ""),
        "more": f"{address}&{urlencode({'cursor': found.next})}" if fits and found.next else "",
        "next": found.next,
        "has_asked": bool(query.strip() or hub or kind),
    }
    return render(request, "web/_results.html" if is_list else "web/search.html", context)


def _address(query: str, hub: str, kind: str) -> str:
    asked = {"q": query, "hub": hub, "kind": kind}
    return (
        f"/search?{urlencode({name: value for name, value in asked.items() if value or name == 'q'}, errors='replace')}"
    )


def _cursor(cursor: str) -> str:
    """An address that somebody cut is no error: it begins at the beginning."""
    return cursor if cursor.isascii() and cursor.isdigit() and len(cursor) < 5 else ""


def _facets(counts: Mapping[str, int], query: str, hub: str, kind: str) -> list[dict[str, object]]:
    return [
        {
            "kind": each,
            "name": several(each),
            "count": count,
            "href": _address(query, hub, each),
            "is_chosen": each == kind,
        }
        for each, count in counts.items()
    ]
