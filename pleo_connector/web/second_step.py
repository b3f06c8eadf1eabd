"""How allauth keeps what the second step needs: encrypted, as all secrets at rest."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter

from pleo_connector.connections.encryption import EncryptedJSONField

SEAL = EncryptedJSONField()


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # has no types
    def encrypt(self, text: str) -> str:
        sealed = SEAL.get_prep_value(text)
        assert sealed is not None
        return sealed

    def decrypt(self, encrypted_text: str) -> str:
        opened: Any = SEAL.from_db_value(encrypted_text)
        return str(opened)
