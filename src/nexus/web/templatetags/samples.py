"""`{% load samples %}`."""

from typing import Any

from django import template
from django.http import HttpRequest

from nexus.accounts.models import User
from nexus.web import continuing

register = template.Library()


@register.simple_tag(takes_context=True)
def sample_people(context: dict[str, Any]) -> list[User]:
    """`{% sample_people as people %}`: whom the reader may continue as; empty wherever that is not allowed."""
    request: HttpRequest | None = context.get("request")
    return continuing.sample_people(request) if request is not None else []
