"""The page after a mistake of ours: drawn without what may be broken."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html", {"brand": settings.BRAND}), status=500)
