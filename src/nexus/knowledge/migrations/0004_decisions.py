import django.db.models.deletion
from django.db import migrations, models

import nexus.base.clock
import nexus.base.ids

KINDS = [('technology', 'Technology'), ('concept', 'Concept'), ('challenge', 'Challenge'), ('practice', 'Practice'), ('project', 'Project')]
VERDICTS = [('right', 'Right'), ('other_kind', 'Other kind'), ('not_this', 'Not this')]


def found_as_they_are(apps, schema_editor):
    """Nobody decided anything yet: each entry is of the kind it was found as."""
    apps.get_model('knowledge', 'Entry').objects.update(found_as=models.F('kind'))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_idempotency'),
        ('hubs', '0003_invitations'),
        ('knowledge', '0003_one_index_for_one_question'),
        ('pages', '0004_one_index_for_one_question'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='found_as',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
        migrations.AddField(
            model_name='entry',
            name='verdict',
            field=models.CharField(choices=VERDICTS, max_length=10, null=True),
        ),
        migrations.RunPython(found_as_they_are, migrations.RunPython.noop, elidable=False),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=nexus.base.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=VERDICTS, max_length=10)),
                ('kind', models.CharField(blank=True, choices=KINDS, max_length=10)),
                ('seq', models.BigIntegerField()),
                ('at', models.DateTimeField(default=nexus.base.clock.now, editable=False)),
                ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='knowledge.entry')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pages.version')),
            ],
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('entry', 'seq'), name='knowledge_decision_once'),
        ),
    ]
