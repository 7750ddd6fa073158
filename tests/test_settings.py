"""Settings: one table, checked at start, each mistake one sentence that names its variable."""

import os
import re
from pathlib import Path

import pytest

import settings
from execution.limits import Limits
from settings import SettingsMistake

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PARTNERGRAPH_"):
            monkeypatch.delenv(name)


def sentences(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    for name, value in variables.items():
        monkeypatch.setenv(f"PARTNERGRAPH_{name}", value)
    with pytest.raises(SettingsMistake) as mistake:
        settings.load()
    return mistake.value.sentences


def test_the_documented_table_has_every_variable_with_its_default() -> None:
    documented = re.findall(
        r"^\| `(PARTNERGRAPH_\w+)` \| `([^`]*)` \|", OPERATIONS.read_text(), re.M
    )
    assert dict(documented) == {n: str(v) for n, v in settings.variables().items()}
    assert len(documented) == len(dict(documented))


def test_without_an_environment_there_are_defaults_for_a_developer() -> None:
    loaded = settings.load()
    assert loaded.database_url == "sqlite+aiosqlite:///partnergraph.sqlite3"
    assert (loaded.host, loaded.port, loaded.workers) == ("127.0.0.1", 8000, 1)


def test_the_environment_sets_values_and_single_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_PORT", "9000")
    monkeypatch.setenv("PARTNERGRAPH_LIMITS_BODY_BYTES", "1024")
    loaded = settings.load()
    assert loaded.port == 9000
    assert loaded.limits.body_bytes == 1024
    assert loaded.limits.tokens == Limits().tokens


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_PORT", "9000")
    assert settings.load(port=9001).port == 9001
    assert settings.load(port=None).port == 9000


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_PORT", "")
    assert settings.load().port == 8000


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "PARTNERGRAPH_PORT must be a valid integer."),
        ("PORT", "70000", "PARTNERGRAPH_PORT must be less than or equal to 65535."),
        ("WORKERS", "0", "PARTNERGRAPH_WORKERS must be greater than or equal to 1."),
        (
            "WORKERS",
            "2",
            "PARTNERGRAPH_WORKERS must be 1 with SQLite: several workers need PostgreSQL.",
        ),
        (
            "LOG_LEVEL",
            "loud",
            "PARTNERGRAPH_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'.",
        ),
        ("TOKEN_SECONDS", "901", "PARTNERGRAPH_TOKEN_SECONDS must be less than or equal to 900."),
        (
            "SIGNING_KEY_SECRET",
            "hunter2",
            "PARTNERGRAPH_SIGNING_KEY_SECRET must have at least 32 random characters.",
        ),
        (
            "OIDC_ALGORITHMS",
            "RS256 HS256",
            (
                "PARTNERGRAPH_OIDC_ALGORITHMS must name one or more of RS256 RS384 RS512 PS256 "
                "PS384 PS512 ES256 ES384 ES512 Ed25519."
            ),
        ),
        ("OIDC_USER_CLAIM", "upn", "PARTNERGRAPH_OIDC_USER_CLAIM must be 'sub' or 'email'."),
        (
            "OIDC_ISSUER",
            "https://id.test",
            (
                "PARTNERGRAPH_OIDC_AUDIENCE must be set with PARTNERGRAPH_OIDC_ISSUER: tokens for "
                "another audience are not for this server."
            ),
        ),
        (
            "OIDC_AUDIENCE",
            "orders",
            "PARTNERGRAPH_OIDC_ISSUER must be set, because other OIDC settings are.",
        ),
        (
            "OIDC_ISSUER",
            "https://id.test/?realm=portal",
            (
                "PARTNERGRAPH_OIDC_ISSUER must be the issuer exactly as in its tokens, "
                "without a query."
            ),
        ),
        ("LIMITS_TOKENS", "0", "PARTNERGRAPH_LIMITS_TOKENS must be greater than 0."),
        ("LIMITS_BODY_SECONDS", "nan", "PARTNERGRAPH_LIMITS_BODY_SECONDS must be greater than 0."),
        (
            "LIMITS_COST",
            "60001",
            "PARTNERGRAPH_LIMITS_COST must not be greater than PARTNERGRAPH_LIMITS_RATE_POINTS.",
        ),
        ("LIMITS_TOKENS", "many", "PARTNERGRAPH_LIMITS_TOKENS must be a valid integer."),
        ("LIMITS_COFFEE", "3", "PARTNERGRAPH_LIMITS_COFFEE is not a setting."),
        (
            "LIMITS",
            "3",
            "PARTNERGRAPH_LIMITS is not a setting: set PARTNERGRAPH_LIMITS_TOKENS and so on.",
        ),
        (
            "LIMITS",
            "{broken",
            "PARTNERGRAPH_LIMITS is not a setting: set PARTNERGRAPH_LIMITS_TOKENS and so on.",
        ),
        (
            "DATABSE_URL",
            "x",
            "PARTNERGRAPH_DATABSE_URL is not a setting; did you mean PARTNERGRAPH_DATABASE_URL?",
        ),
        (
            "LIMITS_TOKEN",
            "3",
            "PARTNERGRAPH_LIMITS_TOKEN is not a setting; did you mean PARTNERGRAPH_LIMITS_TOKENS?",
        ),
    ],
)
def test_a_mistake_is_one_sentence_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    assert sentences(monkeypatch, **{name: value}) == [sentence]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@db/orders",
        "postgresql://root:hunter2@db/orders",
        "postgresql+asyncpg://root:hunter2@db:port/orders",
        "hunter2",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    [sentence] = sentences(monkeypatch, DATABASE_URL=url)
    assert sentence.startswith("PARTNERGRAPH_DATABASE_URL must ")
    assert "hunter2" not in sentence


@pytest.mark.parametrize("url", ["http://:hunter2@cache", "redis://:hunter2@cache:port", "hunter2"])
def test_a_redis_that_cannot_be_used_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert sentences(monkeypatch, REDIS_URL=url) == [
        "PARTNERGRAPH_REDIS_URL must be a URL that starts with redis://, rediss:// or unix://."
    ]


@pytest.mark.parametrize(
    "url", ["orders.test", "https://orders.test/", "https://Orders.test", "ftp://orders.test", "x"]
)
def test_a_public_url_is_an_origin(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    [sentence] = sentences(monkeypatch, PUBLIC_URL=url)
    assert sentence.startswith("PARTNERGRAPH_PUBLIC_URL must be the server's address for clients")


@pytest.mark.parametrize(
    "url",
    [
        "http://id.test",
        "https://",
        "https://me:hunter2@id.test",
        "https://id.test/#realm",
        "https://id.test:port",
        "https://id.test/ realm",
        "ftp://localhost",
        "id.test",
    ],
)
@pytest.mark.parametrize("name", ["OIDC_ISSUER", "OIDC_JWKS_URL"])
def test_a_provider_that_anybody_could_answer_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    [sentence] = sentences(monkeypatch, **{name: url})
    assert sentence.startswith(f"PARTNERGRAPH_{name} must be a URL that starts with https://")
    assert "hunter2" not in sentence


def test_the_identity_provider_is_another_issuer_than_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same = "http://localhost:8000"
    [sentence] = sentences(monkeypatch, OIDC_ISSUER=same, OIDC_AUDIENCE="orders")
    assert sentence.startswith("PARTNERGRAPH_OIDC_ISSUER must differ from")


def test_an_identity_provider_is_there_when_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load().identity_provider is None
    monkeypatch.setenv("PARTNERGRAPH_OIDC_ISSUER", "https://id.test/realms/portal")
    monkeypatch.setenv("PARTNERGRAPH_OIDC_AUDIENCE", "orders")
    provider = settings.load().identity_provider
    assert provider is not None
    assert (provider.issuer, provider.user_claim) == ("https://id.test/realms/portal", "sub")
    assert provider.algorithms == {"RS256", "PS256", "ES256"}


def test_every_mistake_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = sentences(monkeypatch, PORT="x", LOG_LEVEL="x", LIMITS_TOKENS="x", HOTS="x")
    assert sorted(sentence.split()[0].removeprefix("PARTNERGRAPH_") for sentence in found) == [
        "HOTS",
        "LIMITS_TOKENS",
        "LOG_LEVEL",
        "PORT",
    ]


def test_a_password_is_never_part_of_printed_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", "postgresql+asyncpg://me:hunter2@db/orders")
    monkeypatch.setenv("PARTNERGRAPH_REDIS_URL", "redis://:hunter2@cache:6379/0")
    loaded = settings.load()
    assert "hunter2" not in f"{loaded} {loaded!r} {loaded.shown_database_url}"
    assert loaded.shown_database_url == "postgresql+asyncpg://me:***@db/orders"


def test_several_workers_are_fine_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_DATABASE_URL", "postgresql+asyncpg://me@db/orders")
    monkeypatch.setenv("PARTNERGRAPH_WORKERS", "4")
    assert settings.load().workers == 4


def test_the_tests_own_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERGRAPH_TEST_POSTGRES_URL", "x")
    assert settings.load().port == 8000


def test_the_secret_that_encrypts_keys_is_never_part_of_printed_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARTNERGRAPH_SIGNING_KEY_SECRET", "hunter2" * 8)
    loaded = settings.load()
    assert "hunter2" not in f"{loaded} {loaded!r}"
    assert loaded.sealing_secret == "hunter2" * 8
