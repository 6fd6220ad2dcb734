"""`{% load mail %}`: whether this server sends any."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def mail_is_set() -> bool:
    """Whether EMAIL_URL names where to."""
    return bool(settings.MAIL_IS_SET)
