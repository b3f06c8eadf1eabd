"""Texts as an ERP's one-line fields take them."""

import re
from hashlib import sha256

CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def clean(text: str) -> str:
    """Without line ends, which ERPs refuse, and without spaces at its edges, which they cut."""
    return CONTROLS.sub(" ", text).strip()


def is_kept(reference: str) -> bool:
    """Whether an ERP finds it again exactly as it is; nothing, and a text to clean, it does not."""
    return bool(reference) and clean(reference) == reference


def stable_id(*parts: object) -> str:
    """The same for the same parts for ever, in 40 characters: for an ERP that takes ids of ours."""
    return sha256(":".join(map(str, parts)).encode()).hexdigest()[:40]
