"""The pages about the API: its reference, and the error codes. Both are the same for everybody."""

import functools

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from nexus.api.codes import explained
from nexus.api.rest.guide import BASE, nouns


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, scopes, refusals and examples."""
    base = request.build_absolute_uri(BASE)
    nav, operations = _parts(get_language() or "")
    return render(request, "api/reference.html", {"nav": nav, "operations": operations, "base": base})


@functools.lru_cache(maxsize=8)
def _parts(_language: str) -> tuple[SafeString, SafeString]:
    """The list of operations and they themselves, which say nothing of who reads them: made once for each language."""
    context = {"nouns": nouns()}
    return render_to_string("api/_nav.html", context), render_to_string("api/operations.html", context)


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every code and what it means; a problem's `type` leads to its place here."""
    return render(request, "api/errors.html", {"codes": explained()})
