"""The schema, and pages to read it. They hold no data of anybody."""

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    authentication_classes: Any = []
    permission_classes: Any = []
    throttle_classes: Any = []


class Docs(SpectacularSwaggerSplitView):
    authentication_classes: Any = []
    permission_classes: Any = []
    throttle_classes: Any = []
    url_name = "api-schema"
    template_name = "api/docs.html"
