"""Machines that may ask, a partner's and the carrier's own, and the keys they hold.

Read before it is known who asks, so these tables are not scoped; only `auth` reads them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.enums import ClientKind
from db.ids import new_id
from db.types import Json, closed_set


class ApiClient(Base):
    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ClientKind] = mapped_column(closed_set(ClientKind))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenants.id"))
    """Of a partner's client; the carrier's own see every tenant."""
    name: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(kind = 'PARTNER') = (tenant_id IS NOT NULL)", name="tenant_of_partners"),
        # Two, since NULLs are equal to nobody.
        Index(None, "tenant_id", "name", unique=True),
        Index(
            "ix_api_clients_of_the_carrier",
            "kind",
            "name",
            unique=True,
            postgresql_where=text("tenant_id IS NULL"),
            sqlite_where=text("tenant_id IS NULL"),
        ),
    )


class ApiKey(Base):
    """A key of a client. Only its hash is kept; `prefix` is its public part, shown in lists."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    prefix: Mapped[str] = mapped_column(String(32), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[Any]] = mapped_column("permissions", Json)
    """The names of what the key is good for (`auth.oauth_scopes`)."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "client_id"),)


class OAuthClient(Base):
    """What a client gets access tokens with: a secret, or the public keys it signs with."""

    __tablename__ = "oauth_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    identifier: Mapped[str] = mapped_column(String(32), unique=True)
    """The `client_id` of OAuth: public, shown in lists."""
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    public_keys: Mapped[list[Any]] = mapped_column(Json)
    """JWKs, without a private part; empty for a client with a secret."""
    scopes: Mapped[list[Any]] = mapped_column("permissions", Json)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """When it last got a token, to the minute."""
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "client_id"),)


class WidgetOrigin(Base):
    """An origin whose pages may ask in a browser, with sessions that the client makes for them."""

    __tablename__ = "widget_origins"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(255), primary_key=True)
    """As a browser sends it: `https://portal.example.de`."""
    created_at: Mapped[datetime]


class UsedAssertion(Base):
    """A signed assertion that a client has authenticated with: each of them is good for once."""

    __tablename__ = "used_assertions"

    oauth_client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id"), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]
    """From when on the assertion is refused for its age, so that the row has done its work."""

    __table_args__ = (Index(None, "expires_at"),)


class SigningKey(Base):
    """A key that access tokens are signed with. The newest that has begun to sign is the signer."""

    __tablename__ = "signing_keys"

    # Counted by the program: of two workers that make the same key at once, one is refused.
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[dict[str, Any]] = mapped_column(Json)
    private_key: Mapped[str]
    """A JWK, encrypted where there is a secret to do so (`auth.key_encryption`)."""
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    """Published since it was made, so that everybody who verifies knows it by this time."""
    withdrawn_at: Mapped[datetime | None]
    """Since when nothing it signed is believed, because somebody else may have the key."""
