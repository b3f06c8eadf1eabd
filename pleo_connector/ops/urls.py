from django.urls import path

from pleo_connector.ops.views import health

urlpatterns = [path("health/", health, name="health")]
