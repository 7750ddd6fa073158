"""All configuration, read from the environment once and validated before anything is opened.

`docs/operations.md` lists every variable. A test compares that table with this file.
"""

import dataclasses
import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from auth.provider_keys import ALGORITHMS, IdentityProvider, is_safe
from execution.executor import ExecutorName
from execution.limits import Limits
from server.persisted import read_trusted

PREFIX = "PARTNERGRAPH_"
SECRET_LENGTH = 32
DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")

Positive = Annotated[int, Field(ge=1)]


class SettingsMistake(Exception):  # noqa: N818 - the user's error, not the program's
    """The settings are invalid; `sentences` has one sentence for each mistake."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """The configuration of one process. The defaults suit a developer's machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # `limits` is a dataclass of the executor: PARTNERGRAPH_LIMITS_DEPTH sets `limits.depth`.
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    # Never printed, because it may hold a password.
    database_url: str = Field("sqlite+aiosqlite:///partnergraph.sqlite3", repr=False)
    database_connections: Positive = 10
    redis_url: str | None = Field(None, repr=False)
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: Positive = 1
    shutdown_seconds: Positive = 20
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    public_url: str = "http://localhost:8000"
    token_seconds: int = Field(900, ge=60, le=900)
    widget_seconds: int = Field(600, ge=60, le=900)
    failed_attempts: Positive = 60
    # SecretStr prints asterisks.
    signing_key_secret: SecretStr | None = None
    trusted_documents: Path | None = None
    trusted_documents_only: bool = False
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_algorithms: str = "RS256 PS256 ES256"
    oidc_user_claim: Literal["sub", "email"] = "sub"
    executor: ExecutorName = "levels"
    limits: Limits = Limits()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in DRIVERS:
            raise ValueError(
                "must be a database URL that starts with sqlite+aiosqlite:// or "
                "postgresql+asyncpg://"
            )
        if url.drivername == DRIVERS[0] and url.database in (None, "", ":memory:"):
            raise ValueError(
                "must name a file, like sqlite+aiosqlite:///partnergraph.sqlite3: "
                "connections cannot share a SQLite database in memory"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str | None) -> str | None:
        try:
            url = urlsplit(value or "redis://")
            known = url.scheme in {"redis", "rediss", "unix"} and url.port != 0
        except ValueError:
            known = False
        if not known:
            raise ValueError("must be a URL that starts with redis://, rediss:// or unix://")
        return value

    @field_validator("public_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        # Every token contains it, and must match it exactly.
        if not re.fullmatch(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?", value):
            raise ValueError(
                "must be the server's address for clients, like https://orders.example.com: a "
                "scheme and a host in lower case, and a port if it is not the default one"
            )
        return value

    @field_validator("signing_key_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_LENGTH:
            raise ValueError(f"must have at least {SECRET_LENGTH} random characters")
        return value

    @field_validator("trusted_documents")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            read_trusted(value)
        return value

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _safely_fetched(cls, value: str | None) -> str | None:
        if value is not None and not is_safe(value):
            raise ValueError(
                "must be a URL that starts with https://, without user and fragment; http:// is "
                "allowed for localhost only"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _without_query(cls, value: str | None) -> str | None:
        if value is not None and "?" in value:
            raise ValueError("must be the issuer exactly as in its tokens, without a query")
        return value

    @field_validator("oidc_algorithms")
    @classmethod
    def _with_public_keys(cls, value: str) -> str:
        # With a shared secret, everyone who can verify a token can also sign one.
        if not value.split() or not set(value.split()) <= set(ALGORITHMS):
            raise ValueError(f"must name one or more of {' '.join(ALGORITHMS)}")
        return value

    @field_validator("limits")
    @classmethod
    def _limits_allow_something(cls, value: Limits) -> Limits:
        for name, limit in dataclasses.asdict(value).items():
            if not limit > 0:  # nor NaN
                raise ValueError(f"_{name.upper()} must be greater than 0")
        if value.cost > value.rate_points:
            raise ValueError(f"_COST must not be greater than {PREFIX}LIMITS_RATE_POINTS")
        return value

    @model_validator(mode="after")
    def _workers_share_a_server(self) -> "Settings":
        if self.workers > 1 and not self.is_postgresql:
            raise ValueError(
                f"{PREFIX}WORKERS must be 1 with SQLite: several workers need PostgreSQL"
            )
        return self

    @model_validator(mode="after")
    def _something_is_served(self) -> "Settings":
        if self.trusted_documents_only and self.trusted_documents is None:
            raise ValueError(
                f"{PREFIX}TRUSTED_DOCUMENTS must name a file if "
                f"{PREFIX}TRUSTED_DOCUMENTS_ONLY is set"
            )
        return self

    @model_validator(mode="after")
    def _a_whole_provider(self) -> "Settings":
        if self.oidc_issuer is not None and self.oidc_audience is None:
            raise ValueError(
                f"{PREFIX}OIDC_AUDIENCE must be set with {PREFIX}OIDC_ISSUER: tokens for another "
                "audience are not for this server"
            )
        if self.oidc_issuer is None and (self.oidc_audience or self.oidc_jwks_url):
            raise ValueError(f"{PREFIX}OIDC_ISSUER must be set, because other OIDC settings are")
        if self.oidc_issuer == self.public_url:
            raise ValueError(
                f"{PREFIX}OIDC_ISSUER must differ from {PREFIX}PUBLIC_URL, the issuer of "
                "this server's own tokens"
            )
        return self

    @property
    def identity_provider(self) -> IdentityProvider | None:
        """The provider that signs portal users in, or None."""
        if self.oidc_issuer is None or self.oidc_audience is None:
            return None
        return IdentityProvider(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            jwks_url=self.oidc_jwks_url,
            algorithms=frozenset(self.oidc_algorithms.split()),
            user_claim=self.oidc_user_claim,
        )

    @property
    def is_postgresql(self) -> bool:
        return self.database_url.startswith("postgresql")

    @property
    def sqlite_file(self) -> Path | None:
        """The file of a SQLite database, or None."""
        return None if self.is_postgresql else Path(make_url(self.database_url).database or "")

    @property
    def sealing_secret(self) -> str | None:
        """The secret that encrypts the private keys in the database, or None."""
        secret = self.signing_key_secret
        return None if secret is None else secret.get_secret_value()

    @property
    def shown_database_url(self) -> str:
        """The database's URL without its password."""
        return make_url(self.database_url).render_as_string(hide_password=True)


def load(**overrides: Any) -> Settings:
    """Return the settings of this process; `overrides` take precedence over the environment.

    Raises SettingsMistake. Its sentences contain no values, because a value may be a password.
    """
    misspelt = _misspelt()
    try:
        settings = Settings(**{k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False, include_context=False)
        mistakes = dict.fromkeys(_sentence(item["loc"], item["msg"]) for item in errors)
        raise SettingsMistake(
            [*misspelt.values(), *(m for m in mistakes if m.split()[0] not in misspelt)]
        ) from None
    except SettingsError:
        raise SettingsMistake([*misspelt.values(), _LIMITS_AS_A_WHOLE]) from None
    if misspelt:
        raise SettingsMistake(list(misspelt.values()))
    return settings


def variables() -> dict[str, Any]:
    """Return the default of every variable by its name."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    limits = dataclasses.asdict(defaults.pop("limits"))
    nested = {f"limits_{name}": default for name, default in limits.items()}
    return {PREFIX + name.upper(): default for name, default in (defaults | nested).items()}


_LIMITS_AS_A_WHOLE = f"{PREFIX}LIMITS is not a setting: set {PREFIX}LIMITS_TOKENS and so on."


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    problem = message.removeprefix("Value error, ").replace("Input should be", "must be")
    problem = problem.partition(", unable")[0]
    if problem.startswith(PREFIX):
        return f"{problem}."
    if "instance of Limits" in problem:
        return _LIMITS_AS_A_WHOLE
    if problem == "Unexpected keyword argument":
        problem = "is not a setting"
    variable = PREFIX + "_".join(str(part).upper() for part in location)
    return f"{variable}{'' if problem.startswith('_') else ' '}{problem}."


def _misspelt() -> dict[str, str]:
    """Return a sentence for each variable that is probably misspelt, and would be ignored."""
    known = variables()
    sentences = {}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            for near in difflib.get_close_matches(name, known, n=1, cutoff=0.9):
                sentences[name] = f"{name} is not a setting; did you mean {near}?"
    return sentences
