from django.urls import include, path
from django.views.generic import RedirectView

handler500 = "pleo_connector.web.views.errors.server_error"
urlpatterns = [
    # A log-in has one address, by which invitations find it.
    path("accounts/email/", RedirectView.as_view(pattern_name="settings"), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("", include("pleo_connector.api.urls")),
    path("", include("pleo_connector.ops.urls")),
    path("", include("pleo_connector.web.urls")),
]
