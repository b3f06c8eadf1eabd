"""One named choice."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Switch:
    name: str
    default: Any
    description: str
    choices: tuple[str, ...] = ()
