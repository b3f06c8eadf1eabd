from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0002_user_language_and_time_zone'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='tenant',
            name='members',
        ),
    ]
