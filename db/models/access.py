"""API clients, their credentials and origins, subjects of portal users, and keys that sign tokens.

They are read before a request is authenticated, so these tables are not scoped to tenants. Only
`auth` reads them, and no role of a partner reaches them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, owned_by_tenant
from db.enums import ClientKind, CredentialKind
from db.ids import new_id
from db.types import Json, closed_set


class ApiClient(Base):
    """A partner's system, or one of the carrier's own."""

    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ClientKind] = mapped_column(closed_set(ClientKind))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenants.id"))
    """None for the carrier's own clients, which see every tenant."""
    name: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(kind = 'PARTNER') = (tenant_id IS NOT NULL)", name="tenant_of_partners"),
        # Two indexes, since NULLs are never equal.
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


class Credential(Base):
    """An API key or OAuth client: what a client authenticates with."""

    __tablename__ = "credentials"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"))
    kind: Mapped[CredentialKind] = mapped_column(closed_set(CredentialKind))
    identifier: Mapped[str] = mapped_column(String(32), unique=True)
    """The public part: the prefix of an API key, the `client_id` of an OAuth client."""
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    public_keys: Mapped[list[Any]] = mapped_column(Json)
    """JWKs without a private part, of an OAuth client that signs; otherwise empty."""
    scopes: Mapped[list[Any]] = mapped_column(Json)
    """Names of `auth.oauth_scopes`."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """When it last authenticated a request or got a token, to the minute."""
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind != 'API_KEY' OR secret_hash IS NOT NULL", name="secret_of_api_keys"),
        Index(None, "client_id"),
    )


class WidgetOrigin(Base):
    """An origin whose pages may use widget sessions that the client creates."""

    __tablename__ = "widget_origins"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(255), primary_key=True)
    """As a browser sends it: `https://portal.example.de`."""
    created_at: Mapped[datetime]


class UsedAssertion(Base):
    """A signed assertion that a client has authenticated with. Each may be used once."""

    __tablename__ = "used_assertions"

    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credentials.id"), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]
    """When the assertion is refused for its age, so that the row may be deleted."""

    __table_args__ = (Index(None, "expires_at"),)


class PortalSubject(Base):
    """The link from the identity provider's name of a person to the user of the portal.

    A subject is one user in all trees, which no constraint on `portal_users` could ensure: their
    constraints contain the root (`db.base.TenantOwned`). There is no foreign key to the user for
    the same reason. A subject whose user is gone signs nobody in.
    """

    __tablename__ = "portal_subjects"

    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    """The claim `sub` of the provider's tokens for the person."""
    root_tenant_id: Mapped[int]
    tenant_id: Mapped[int]
    user_id: Mapped[UUID]

    __table_args__ = (
        owned_by_tenant(),
        UniqueConstraint("user_id"),
    )


class SigningKey(Base):
    """A key that signs tokens. The newest that has begun to sign is the signer."""

    __tablename__ = "signing_keys"

    # Assigned by the program: of two workers that add a key at once, one fails.
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[dict[str, Any]] = mapped_column(Json)
    private_key: Mapped[str]
    """A JWK, encrypted if there is a secret in the settings (`auth.key_encryption`)."""
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    """It is published earlier, so that everybody who verifies tokens knows it by this time."""
    withdrawn_at: Mapped[datetime | None]
    """Since when its tokens are invalid, because somebody else may have the key."""
