from django.urls import path

from pleo_connector.api.webhooks import pleo_webhook

urlpatterns = [path("webhooks/pleo/<uuid:path_key>/", pleo_webhook, name="pleo-webhook")]
