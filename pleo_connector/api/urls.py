from django.urls import path

from pleo_connector.api.views import Preview
from pleo_connector.api.webhooks import pleo_webhook

urlpatterns = [
    path("webhooks/pleo/<uuid:path_key>/", pleo_webhook, name="pleo-webhook"),
    path("api/v1/connections/<uuid:public_id>/preview/", Preview.as_view(), name="api-preview"),
]
