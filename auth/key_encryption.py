"""Private keys at rest: encrypted with a secret from the settings, where there is one."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PLAIN = "plain:"
_SEALED = "aes256gcm:"
_NONCE_BYTES = 12


class SealedError(Exception):
    """What is stored cannot be opened with the secret of this process."""


class KeyEncryption:
    """Seals what is written and opens what is read. Without a secret it writes plainly."""

    def __init__(self, secret: str | None) -> None:
        self._cipher = None
        if secret is not None:
            # The secret has its entropy already (the settings ask for its length), so no slow hash.
            derive = HKDF(SHA256(), length=32, salt=None, info=b"partnergraph signing keys")
            self._cipher = AESGCM(derive.derive(secret.encode()))

    def seal(self, name: str, value: bytes) -> str:
        """The value as it is stored; `name` ties it to its row."""
        if self._cipher is None:
            return _PLAIN + base64.b64encode(value).decode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, value, name.encode())
        return _SEALED + base64.b64encode(nonce + sealed).decode()

    def open(self, name: str, stored: str) -> bytes:
        """The value again; raises SealedError. What was written plainly can always be read."""
        try:
            if stored.startswith(_PLAIN):
                return base64.b64decode(stored.removeprefix(_PLAIN), validate=True)
            sealed = base64.b64decode(stored.removeprefix(_SEALED), validate=True)
            if self._cipher is None or not stored.startswith(_SEALED):
                raise SealedError(name)
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (binascii.Error, InvalidTag, ValueError):
            raise SealedError(name) from None
