"""Headers that every page carries, and the language and time zone that its reader chose."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect

from pleo_connector.web.visit import SecondStepNeeded

# No inline script or style: pages use static files only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'{}; base-uri 'none'; "
    "frame-ancestors 'none'"
)
Handler = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # The button that connects Pleo posts to us and is redirected there.
        response.setdefault("Content-Security-Policy", POLICY.format(f" {settings.PLEO_AUTH_URL}"))
        return response


class Preferences:
    """What a person chose goes before what their browser asks for (see LocaleMiddleware)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        with timezone.override(ZoneInfo(user.time_zone) if user.time_zone else None):
            return self.get_response(request)


class SecondStepFirst:
    """Where a company asks for a second step, who has none is led to the page that says so."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, SecondStepNeeded):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(reverse("second-step"))
        return redirect("second-step")
