"""How an adapter's credentials are asked for: data from which the connect page is made."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret a person pastes in. Stored encrypted, never shown again."""

    name: str
    label: str
    help: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Static credentials: no expiry, nothing to refresh."""

    secrets: tuple[Secret, ...]


def setting(*, label: str, help: str = "", **extra: Any) -> dict[str, Any]:
    """Metadata of a `Settings` dataclass field; the connect page renders it."""
    return {"label": label, "help": help, **extra}


def fit(kind: type[S], values: Mapping[str, Any]) -> S:
    """`values` as an instance of the Settings dataclass `kind`.

    ValueError, naming the field, where one is missing, empty or not known.
    """
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in values.keys() - known.keys():
        raise ValueError(f"{name}: there is no such setting.")
    for name, field in known.items():
        if field.default is MISSING and not values.get(name):
            raise ValueError(f"{name}: {field.metadata.get('label', name)} is missing.")
    return kind(**values)
