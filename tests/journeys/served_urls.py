"""Nexus's own addresses, but for a search whose answers these tests know: the palette is tested here, not what finds."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.html import format_html_join

from nexus.urls import handler400, handler403, handler404, handler500, websocket_urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "websocket_urlpatterns"]

PLACES = ["alpha", "alpha-beta", "beta"]


def search(request: HttpRequest) -> HttpResponse:
    """The fragment the palette asks for, or a page that says what was asked."""
    query = request.GET.get("q", "")
    if query == "broken":
        return HttpResponse("<!doctype html><title>Broken</title>", status=500)
    if "HX-Request" not in request.headers:
        return HttpResponse(f"<!doctype html><html lang=en><title>Search</title><main><h1>{query!a}</h1></main>")
    found = [(f"/open/pages/{place}.md", place) for place in PLACES if query in place]
    if not found:
        return HttpResponse("<p>Nothing was found.</p>")
    items = format_html_join("", '<li><a href="{}">{}</a> <span>in Open</span></li>', found)
    return HttpResponse(f'<ul class="results">{items}</ul>')


urlpatterns = [path("search", search), path("", include("nexus.urls"))]
