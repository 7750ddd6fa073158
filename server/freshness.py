"""What answers are made from, so that one that has not changed need not be made again."""

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

_PROGRAM = ("auth", "db", "execution", "ordering", "resolvers", "schema")
_LIBRARIES = ("graphql-core", "orjson", "sqlalchemy", "strawberry-graphql")


class ContextEtagSource:
    """Tells the state behind a context's answers (`server.etags.Freshness`)."""

    vary = f"Authorization, Accept, Accept-Language, {TENANT_HEADER}"

    def __init__(self) -> None:
        self._program = program()

    async def state(self, context: Context, needed: frozenset[str]) -> bytes | None:
        principal = context.principal
        # Each answer that support gets is written down, so each is made. What is in the audit log
        # changes by what others do, and renews no token (`db.changes.triggers`).
        if principal.kind is PrincipalKind.SUPPORT or OAuthScope.AUDIT_READ in needed:
            return None
        token = await tokens.current_token(context.session)
        if token is None:
            return None
        # Of the principal everything: an answer may tell it.
        return orjson.dumps(
            [self._program, principal, context.accept_language, token], default=_plain
        )

    def now(self, context: Context) -> datetime:
        return context.present.instant

    def until(self, context: Context) -> datetime | None:
        return context.present.until


def _plain(value: object) -> object:
    """What JSON does not know: sets, and identifiers of a database driver's own type."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


@cache
def program() -> str:
    """Names this version of the program: its texts and its code make answers too."""
    digest = hashlib.sha256()
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    here = Path(__file__).parent.parent
    for package in _PROGRAM:
        for file in sorted((here / package).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(here).as_posix()} {content}\n".encode())
    return digest.hexdigest()
