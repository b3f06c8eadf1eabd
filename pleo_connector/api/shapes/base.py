"""What shapes share. A shape is how a row looks in JSON; names and values are promises."""

from typing import Any

from rest_framework import serializers

Shape = serializers.Serializer[Any]


class Empty(Shape):
    """No query parameter, or a body without members."""


class Money(serializers.CharField):
    """A decimal number as text, such as `"125.00"`: never a float."""
