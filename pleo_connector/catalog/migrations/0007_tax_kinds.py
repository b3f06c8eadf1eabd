from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_plan_waits_for_strange_groups")]

    operations = [
        migrations.AddField(
            model_name="syncsettings", name="tax_kinds", field=models.JSONField(default=dict)
        )
    ]
