"""`{% load moments %}`: when something happened, as it is said to somebody whose zone the server does not know."""

import datetime

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from nexus.base import clock

#: From here on its date says more than how long ago it was.
RECENT = datetime.timedelta(days=14)

register = template.Library()


@register.simple_tag
def moment(when: datetime.datetime) -> SafeString:
    """A `<time>`: how long ago, or the date; on it, date and time in UTC. With scripts `islands/moments.ts` says both in the
    reader's zone, so nothing here depends on where a day begins but a date of weeks ago."""
    utc = when.astimezone(datetime.UTC)
    # Translators: a date and time in Django's format letters (day, month, year, hour, minute), before "UTC".
    exact = dateformat.format(utc, gettext("j F Y, H:i"))
    return format_html(
        '<time data-moment datetime="{}" title="{} UTC">{}</time>', f"{utc:%Y-%m-%dT%H:%M:%SZ}", exact, said(utc)
    )


@register.filter
def days_left(when: datetime.datetime) -> int:
    """In how many days something ends, the last one counted: the same in every zone."""
    return max((when - clock.now()).days, 0) + 1


def said(utc: datetime.datetime) -> str:
    """`utc` in words: whole minutes, hours or days that passed, or its date in UTC."""
    passed = max(clock.now() - utc, datetime.timedelta())
    if passed >= RECENT:
        # Translators: a date in Django's format letters (day, month, year).
        return dateformat.format(utc, gettext("j F Y"))
    if passed.days:
        return ngettext("%(n)d day ago", "%(n)d days ago", passed.days) % {"n": passed.days}
    minutes = passed.seconds // 60
    if minutes >= 60:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", minutes // 60) % {"n": minutes // 60}
    if minutes:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    return gettext("just now")
