from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0004_decisions'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='entry',
            name='knowledge_entry_identity',
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('page', 'found_as', 'first_version', 'ordinal'), name='knowledge_entry_identity'),
        ),
    ]
