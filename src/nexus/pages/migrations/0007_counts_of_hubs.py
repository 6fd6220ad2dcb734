from django.db import migrations
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce


def count(apps, _schema):
    """What each hub holds already, as pages.changes counts it from here on."""
    hubs = apps.get_model("hubs", "Hub").objects
    live = apps.get_model("pages", "Page").objects.filter(hub=OuterRef("pk"), live_key__isnull=False).order_by()
    kept = apps.get_model("pages", "Version").objects.filter(page__hub=OuterRef("pk"), is_deletion=False).order_by()
    pages = Subquery(live.values("hub").annotate(n=Count("pk")).values("n"))
    size = Subquery(kept.values("page__hub").annotate(n=Sum("blob__size")).values("n"))
    for hub in hubs.annotate(live=Coalesce(pages, 0), stored=Coalesce(size, 0)):
        hubs.filter(pk=hub.pk).update(page_count=hub.live, byte_count=hub.stored)


class Migration(migrations.Migration):
    dependencies = [("hubs", "0004_lifetime_and_audit"), ("pages", "0006_shares")]
    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
