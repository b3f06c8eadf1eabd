import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE history_run SET tenant_id = c.tenant_id FROM connections_connection c
    WHERE c.id = history_run.connection_id AND history_run.tenant_id IS NULL;
UPDATE history_run SET
    tries = (SELECT count(*) FROM history_attempt a WHERE a.run_id = history_run.id),
    calls = (SELECT count(*) FROM history_remotecall r
             JOIN history_attempt a ON a.id = r.attempt_id WHERE a.run_id = history_run.id),
    moved_at = coalesce(finished_at, started_at);
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0003_what_lists_show'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='run',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.tenant'),
        ),
    ]
