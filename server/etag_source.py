"""What the product's responses are made from, so that an unchanged one is not made again."""

import hashlib
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import orjson

from auth.acting_tenant import HEADER as TENANT_HEADER
from auth.oauth_scopes import OAuthScope
from auth.principal import PrincipalKind
from db.changes import tokens
from resolvers.context import Context

ROOT = Path(__file__).parent.parent
PACKAGES = ("auth", "db", "execution", "ordering", "resolvers", "schema", "server")
LIBRARIES = ("graphql-core", "orjson", "sqlalchemy", "strawberry-graphql")


class ContextEtagSource:
    """The state behind a context's responses (`server.etags.EtagSource`)."""

    vary = f"Authorization, Accept, Accept-Language, {TENANT_HEADER}"

    def __init__(self) -> None:
        self._program = program_digest()

    async def state(self, context: Context, needed: frozenset[str]) -> bytes | None:
        principal = context.principal
        # Each response to support is recorded, so each is made. The audit log grows by what others
        # do, without a change token (`db.changes.triggers`).
        if principal.kind is PrincipalKind.SUPPORT or OAuthScope.AUDIT_READ in needed:
            return None
        token = await tokens.current_token(context.session)
        if token is None:
            return None
        # The whole principal: a response may show any of it.
        return orjson.dumps(
            [self._program, principal, context.accept_language, token], default=_plain
        )

    def now(self, context: Context) -> datetime:
        return context.present.instant

    def until(self, context: Context) -> datetime | None:
        return context.present.until


def _plain(value: object) -> object:
    """Values that JSON does not have: sets, and ids of a database driver's own type."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


@cache
def program_digest() -> str:
    """A digest of this version of the program: its code and its texts make responses too."""
    digest = hashlib.sha256()
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for package in PACKAGES:
        digest.update(package_digest(ROOT / package))
    return digest.hexdigest()


def package_digest(folder: Path) -> bytes:
    """A digest of the names and contents of all source files in a package.

    Raises ValueError if there are none: a tag would then outlive the program that it names.
    """
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    if not files:
        raise ValueError(f"no source files in {folder}")
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{folder.name}/{file.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.digest()
