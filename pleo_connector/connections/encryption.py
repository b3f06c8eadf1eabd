"""Secrets at rest: Fernet with a list of keys, newest first."""

from json import dumps, loads
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class EncryptedJSONField(TextField):
    """Any JSON value, encrypted. A value that no key decrypts raises InvalidToken."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else _fernet().encrypt(dumps(value).encode()).decode()

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else loads(_fernet().decrypt(value.encode()))

    def to_python(self, value: Any) -> Any:
        return value
