"""Pages over the wire: compressed, and of a length that tells nothing."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PagesCompressed(GZipMiddleware):
    """Django's compression for HTML alone (docs/adr/0033).

    Up to 100 random bytes ride along, so that lengths cannot be compared (BREACH). Bytes that people stored are sent as they
    are, with their length and strong ETag; whatever streams, static files among it, is not touched.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
