"""`{% load said %}`."""

from django import template

from nexus.web.said import said

register = template.Library()
register.filter("said", said)
