"""What entries say, in the order in which a list goes through them, on every database."""

import datetime

from nexus.api import paging
from nexus.hubs.activity import nudge
from nexus.knowledge import queries
from nexus.knowledge.models import Entry
from nexus.knowledge.queries import Scope
from nexus.pages import actions

TEXT = b"# Notes\n\n## Challenges\n\n- **Challenge:** The port is taken.\n- **Challenge:** Celery does not start.\n"


def test_what_has_no_date_comes_last_and_is_a_moment_all_the_same(cast, hub):
    actions.create_page(cast.lea, "cohort", "a.md", TEXT)
    nudge(hub.pk)
    first, second = queries.told(cast.lea, Scope(hub)).order_by("start")
    since = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)
    Entry.objects.filter(pk=second.pk).update(since=since)
    Entry.objects.filter(pk=first.pk).update(since=None)
    rows = queries.told(cast.lea, Scope(hub))
    newest = paging.page_of(rows, ("-at", "-pk"), limit=1)
    assert [(each.pk, each.at) for each in newest.items] == [(second.pk, since)]
    rest = paging.page_of(rows, ("-at", "-pk"), cursor=newest.next, limit=1)
    assert [(each.pk, each.at.year) for each in rest.items] == [(first.pk, 1970)]
    assert not rest.next
