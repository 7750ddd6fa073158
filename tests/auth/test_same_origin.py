"""Widget sessions on pages of the API's own host, where a GET has no `Origin`."""

import pytest

from db.session import Database
from tests.auth.conftest import Hand
from tests.auth.oauth import ISSUER, workers
from tests.auth.widgets import Page, portal, register

HOST = ISSUER.removeprefix("https://")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ((HOST, "same-origin"), 200),
        ((HOST, "same-site"), 401),
        ((HOST, "cross-site"), 401),
        ((HOST, "none"), 401),
        ((f"other.{HOST}", "same-origin"), 401),
    ],
)
async def test_the_browser_s_word_for_the_same_origin_is_as_good_as_its_name(
    database: Database, database_url: str, hand: Hand, said: tuple[str, str], status: int
) -> None:
    async with workers(database_url, hand.clock) as [worker]:
        backend = await portal(database, worker)
        await register(database, origin=ISSUER)
        token = await backend.session(origin=ISSUER)
        page = Page(worker.http, None)
        sent = dict(zip(("Host", "Sec-Fetch-Site"), said, strict=True))
        answer = await page.ask(token, "{ viewer { kind } }", **sent)
        assert answer.status_code == status


async def test_a_session_of_another_origin_stays_refused_there(
    database: Database, database_url: str, hand: Hand
) -> None:
    async with workers(database_url, hand.clock) as [worker]:
        token = await (await portal(database, worker)).session()
        sent = {"Host": HOST, "Sec-Fetch-Site": "same-origin"}
        answer = await Page(worker.http, None).ask(token, "{ viewer { kind } }", **sent)
        assert answer.status_code == 401
