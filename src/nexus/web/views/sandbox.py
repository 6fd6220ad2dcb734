"""The room where diagrams and formulas are drawn: a document of ours without our origin (docs/adr/0030)."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

#: `sandbox` takes the origin away even where somebody opens the address by itself. Its own files may run and its styles
#: may be written, since Mermaid writes them; nothing else can be loaded, asked, sent or framed.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@require_safe
@xframe_options_sameorigin
def sandbox(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    """An empty document with the drawing script, the same for everybody."""
    response = HttpResponse(render_to_string("web/sandbox.html"))
    response["Content-Security-Policy"] = POLICY
    response["X-DNS-Prefetch-Control"] = "off"
    return response
