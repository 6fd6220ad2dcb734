"""`{% load modules %}`."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nexus.web import built

register = template.Library()


@register.simple_tag
def module(name: str) -> SafeString:
    """The script of `frontend/src/NAME.ts` and what it needs, loaded beside the page; nothing when nothing was built."""
    found = built.module(name)
    if found is None:
        return format_html_join("", "", ())
    needed = format_html_join("", '<link rel="modulepreload" href="{}">', ((address,) for address in found.imports))
    styles = format_html_join("", '<link rel="stylesheet" href="{}">', ((address,) for address in found.styles))
    return format_html('{}{}<script type="module" src="{}"></script>', styles, needed, found.script)
