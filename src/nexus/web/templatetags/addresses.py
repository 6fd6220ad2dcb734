"""`{% load addresses %}`."""

from django import template

from nexus.web.addresses import page_address

register = template.Library()
register.simple_tag(page_address, name="page_address")
