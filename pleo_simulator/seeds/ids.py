"""Ids that are the same on every seeding."""

import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://pleo-simulator.example/seeds")


def uid(*parts: object) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))
