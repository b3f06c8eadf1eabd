from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


class Nowhere(APIView):
    """Whatever else is asked of the API: the answer is JSON too."""

    authentication_classes: Any = []
    permission_classes: Any = []
    throttle_classes: Any = []
    schema: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
