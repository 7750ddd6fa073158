"""Encrypts private keys at rest with a secret from the settings, if there is one."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PLAIN = "plain:"
_ENCRYPTED = "aes256gcm:"
_NONCE_BYTES = 12


class DecryptionError(Exception):
    """The stored key cannot be decrypted with the secret of this process."""


class KeyEncryption:
    """Encrypts and decrypts stored keys. Without a secret, keys are stored unencrypted."""

    def __init__(self, secret: str | None) -> None:
        self._cipher = None
        if secret is not None:
            # The settings demand a long random secret, so no slow hash is needed.
            derive = HKDF(SHA256(), length=32, salt=None, info=b"partnergraph signing keys")
            self._cipher = AESGCM(derive.derive(secret.encode()))

    def encrypt(self, name: str, value: bytes) -> str:
        """The value as it is stored. `name` binds it to its row."""
        if self._cipher is None:
            return _PLAIN + base64.b64encode(value).decode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = self._cipher.encrypt(nonce, value, name.encode())
        return _ENCRYPTED + base64.b64encode(nonce + ciphertext).decode()

    def decrypt(self, name: str, stored: str) -> bytes:
        """Decrypt a value; an unencrypted one is returned as it is. Raises DecryptionError."""
        try:
            if stored.startswith(_PLAIN):
                return base64.b64decode(stored.removeprefix(_PLAIN), validate=True)
            ciphertext = base64.b64decode(stored.removeprefix(_ENCRYPTED), validate=True)
            if self._cipher is None or not stored.startswith(_ENCRYPTED):
                raise DecryptionError(name)
            return self._cipher.decrypt(
                ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], name.encode()
            )
        except (binascii.Error, InvalidTag, ValueError):
            raise DecryptionError(name) from None
