from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("pleo_connector.api.urls")),
    path("", include("pleo_connector.ops.urls")),
    path("", include("pleo_connector.web.urls")),
]
