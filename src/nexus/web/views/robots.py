"""What is said to search engines: public hubs may be read, all else is not for them."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from nexus.accounts.actor import Actor, Door
from nexus.hubs import queries as hub_queries
from nexus.pages import queries as page_queries
from nexus.search.addresses import hub_address, page_address

#: Hubs and pages in a sitemap; the protocol's own limit is 50,000 addresses.
HUBS, PAGES = 1_000, 20_000
ROBOTS = """User-agent: *
Disallow: /account/
Disallow: /search
Disallow: /*/raw/
Disallow: /*/found/
Sitemap: {sitemap}
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """RFC 9309."""
    body = ROBOTS.format(sitemap=request.build_absolute_uri("/sitemap.xml"))
    return HttpResponse(
        body, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The public hubs and their newest pages (sitemaps.org, protocol 0.9); the same for every reader."""
    everybody = Actor.anonymous(Door.WEB)
    hubs = [hub_address(hub.slug) for hub in hub_queries.hubs(everybody)[:HUBS]]
    pages = [page_address(hub, path) for hub, path in page_queries.newest_addresses(everybody, limit=PAGES)]
    base = request.build_absolute_uri("/").rstrip("/")
    body = "".join(f"<url><loc>{escape(base + address)}</loc></url>\n" for address in ["/", *hubs, *pages])
    return HttpResponse(
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{body}</urlset>\n",
        content_type="application/xml",
        headers={"Cache-Control": "public, max-age=3600"},
    )
