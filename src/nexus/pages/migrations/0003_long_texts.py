from django.db import migrations
from nexus.pages.fields import compress_with_lz4


def compress(apps, schema_editor):
    compress_with_lz4(schema_editor, "pages_storeddocument", "data")
    compress_with_lz4(schema_editor, "pages_blob", "data")


class Migration(migrations.Migration):

    dependencies = [
        ('pages', '0002_changes_by_time'),
    ]

    operations = [
        migrations.RunPython(compress, migrations.RunPython.noop, elidable=False),
    ]
