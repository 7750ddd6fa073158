"""Payloads as the carrier's systems send them, and what a database holds of them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

import intake
from db.base import Base
from db.models import Order
from db.scope.tenant_scope import TenantScope
from db.session import Database, ReadSession

EXAMPLES = Path(__file__).parent / "examples"
T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)

_event_ids = count(1)


def at(hours: float) -> str:
    """An instant, hours after the order was received."""
    return (T0 + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


def order(number: str = "A-1", **more: Any) -> dict[str, Any]:
    """A product order of a small office that takes a Centraflex with one port."""
    return {
        "@type": "ProductOrder",
        "id": number,
        "category": "Neubestellung",
        "description": "Telefonanlage für die Filiale",
        "creationDate": at(0),
        "requestedCompletionDate": at(24 * 14),
        "externalId": [
            {
                "@type": "ExternalIdentifier",
                "owner": "CRM",
                "externalIdentifierType": "order",
                "id": f"CRM-{number}",
            }
        ],
        "quote": [{"@type": "QuoteRef", "id": f"Q-{number}"}],
        "productOrderItem": [
            {
                "@type": "ProductOrderItem",
                "id": "1",
                "quantity": 3,
                "action": "add",
                "productOffering": {
                    "@type": "ProductOfferingRef",
                    "id": "TCF",
                    "name": "Tengo Centraflex",
                },
                "itemPrice": [
                    {
                        "@type": "OrderPrice",
                        "name": "Monatspreis",
                        "priceType": "recurring",
                        "recurringChargePeriod": "month",
                        "price": {
                            "@type": "Price",
                            "taxRate": 19,
                            "dutyFreeAmount": {"unit": "EUR", "value": 8.4},
                            "taxIncludedAmount": {"unit": "EUR", "value": 9.996},
                        },
                    }
                ],
                "itemTerm": [
                    {
                        "@type": "OrderTerm",
                        "name": "Laufzeit",
                        "duration": {"amount": 36, "units": "month"},
                    }
                ],
            },
            {"@type": "ProductOrderItem", "id": "2", "action": "add"},
        ],
        "relatedParty": [
            party("Partner", "P-7", "Nordlicht ITK"),
            party("Kunde", "K-1", "Bäckerei"),
        ],
        "state": "acknowledged",
        **more,
    }


def party(role: str, number: str, name: str | None = None) -> dict[str, Any]:
    reference = {"@type": "PartyRef", "id": number} | ({"name": name} if name else {})
    return {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": role,
        "partyOrPartyRole": reference,
    }


def event(kind: str, hours: float | None, number: str = "A-1", **said: Any) -> dict[str, Any]:
    """An event about an order; what is said stands in its payload."""
    payload = {"productOrder": {"@type": "ProductOrder", "id": number, **said}}
    return envelope(kind, hours, payload)


def envelope(kind: str, hours: float | None, payload: dict[str, Any]) -> dict[str, Any]:
    time = {} if hours is None else {"eventTime": at(hours), "timeOccurred": at(hours)}
    identity = {"eventId": str(next(_event_ids)), "eventType": kind, "@type": kind}
    return {**identity, **time, "event": payload}


def state(value: str, hours: float | None, number: str = "A-1", **said: Any) -> dict[str, Any]:
    return event("ProductOrderStateChangeEvent", hours, number, state=value, **said)


def information(hours: float, number: str = "A-1", **patch: Any) -> dict[str, Any]:
    payload = {
        "productOrder": {"@type": "ProductOrderRef", "id": number},
        "informationRequired": {"op": "add", "path": "agreement.id", **patch},
    }
    return envelope("ProductOrderInformationRequiredEvent", hours, payload)


def cancellation(
    value: str, hours: float, key: str = "canccelProductOrder", **said: Any
) -> dict[str, Any]:
    task = {
        "@type": "CancelProductOrder",
        "id": "C-1",
        "productOrder": {"@type": "ProductOrderRef", "id": "A-1"},
        "cancellationReason": "Doppelt bestellt",
        "state": value,
        **said,
    }
    return envelope("CancelProductOrderStateChangeEvent", hours, {key: task})


class Intake:
    """Runs over files of its own, each of the messages of one call."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._folder = folder
        self._files = 0

    def file(self, content: Any) -> Path:
        self._files += 1
        file = self._folder / f"{self._files:03}.json"
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(json.dumps(content))
        return file

    async def __call__(
        self, *contents: Any, tenant: str | None = None, now: datetime = NOW
    ) -> intake.Report:
        """Take in each as a file, all in one run."""
        files = [self.file(content) for content in contents]
        return await intake.run(self.database, files, tenant=tenant, now=now)

    async def good(self, *contents: Any, **options: Any) -> intake.Report:
        """The same, where everything is to load."""
        report = await self(*contents, **options)
        assert [str(problem) for problem in report.problems] == []
        return report

    async def order(self, number: str = "A-1") -> Order:
        async with self.database.read(TenantScope.carrier()) as session:
            return (await session.entities(select(Order).where(Order.number == number)))[0]

    async def rows(self, model: type[Base], **where: Any) -> list[Any]:
        async with self.database.read(TenantScope.carrier()) as session:
            return list(await session.entities(select(model).filter_by(**where)))

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        async with self.database.read(TenantScope.carrier()) as session:
            return {
                mapper.class_.__tablename__: await _all_rows(session, mapper.class_)
                for mapper in Base.registry.mappers
            }


async def _all_rows(session: ReadSession, model: Any) -> list[tuple[Any, ...]]:
    rows = await session.entities(select(model))
    names = [attribute.key for attribute in model.__mapper__.column_attrs]
    values = [tuple(getattr(row, name) for name in names) for row in rows]
    return sorted(values, key=repr)
