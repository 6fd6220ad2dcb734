from django.db import migrations
from nexus.pages.fields import compress_with_lz4


def compress(apps, schema_editor):
    compress_with_lz4(schema_editor, "search_findable", "body", "text")


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(compress, migrations.RunPython.noop, elidable=False),
    ]
