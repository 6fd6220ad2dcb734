"""`{% load elsewhere %}`."""

from django import template

from nexus.accounts.elsewhere import ways

register = template.Library()
register.simple_tag(ways, name="ways_elsewhere")
