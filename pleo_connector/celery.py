import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pleo_connector.settings")

app = Celery("pleo_connector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "pleo_connector.connections",
        "pleo_connector.history",
        "pleo_connector.catalog",
        "pleo_connector.exports",
        "pleo_connector.web",
    ]
)
