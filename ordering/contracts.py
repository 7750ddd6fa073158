"""The link from an order to the contract that it creates or changes."""

from datetime import datetime
from decimal import Decimal

from db.enums import (
    BusinessCase,
    ContractEffect,
    ContractStatus,
    ItemAction,
    MilestoneKind,
    PriceKind,
)
from db.ids import new_id
from db.models import Contract, ContractItem, Customer
from ordering.errors import Refusal, RefusedError
from ordering.orders import reach, touch
from ordering.search import contract_search_text, order_search_text
from ordering.unit_of_work import OrderRecord, UnitOfWork

EFFECT_OF_CASE: dict[BusinessCase, ContractEffect] = {
    BusinessCase.NEW_ORDER: ContractEffect.CREATED,
    BusinessCase.REORDER: ContractEffect.AMENDED,
    BusinessCase.CONTRACT_RENEWAL: ContractEffect.EXTENDED,
    BusinessCase.TARIFF_CHANGE: ContractEffect.AMENDED,
    BusinessCase.CONTRACT_ADJUSTMENT: ContractEffect.AMENDED,
    BusinessCase.NEW_SITE_WITH_PORTING: ContractEffect.CREATED,
    BusinessCase.NEW_NUMBERS_FOR_SITE: ContractEffect.AMENDED,
    BusinessCase.PROVIDER_CHANGE_FOR_SITE: ContractEffect.AMENDED,
    BusinessCase.PRODUCT_CHANGE: ContractEffect.REPLACED,
    BusinessCase.PRODUCT_CHANGE_WITH_NEW_ORDER: ContractEffect.REPLACED,
}
"""What an order usually does to its contract."""


def link_contract(book: UnitOfWork, record: OrderRecord, number: str, at: datetime | None) -> None:
    """Link the order to its contract, which comes into being where the number is new.

    The effect follows from the business case; an order cannot create a contract that exists.
    """
    order = record.order
    if order.contract_id is not None:
        linked = book.contracts_by_id[order.contract_id]
        if linked.number != number:
            raise RefusedError(
                Refusal.CONTRACT_ALREADY_LINKED,
                f"the order is linked to contract {linked.number} already",
                "contract",
            )
        reach(book, record, MilestoneKind.CONTRACT_LINKED, at)
        return
    customer = book.customers_by_id[order.customer_id]
    contract = book.contracts.get((order.root_tenant_id, number))
    effect = EFFECT_OF_CASE[order.business_case]
    if contract is None:
        contract = _add_contract(book, record, customer, number, at)
    else:
        if contract.customer_id != customer.id:
            raise RefusedError(
                Refusal.BELONGS_TO_ANOTHER,
                f"contract {number} belongs to another customer",
                "contract",
            )
        if effect is ContractEffect.CREATED:
            effect = ContractEffect.AMENDED
        contract.version += 1
        contract.updated_at = max(book.now, contract.updated_at)
    order.contract_id, order.contract_effect = contract.id, effect
    set_search_text(book, record)
    touch(book, record)
    reach(book, record, MilestoneKind.CONTRACT_LINKED, at)


def set_search_text(book: UnitOfWork, record: OrderRecord) -> None:
    """Bring what the order is found by up to date."""
    order = record.order
    order.search_text = order_search_text(
        number=order.number,
        offer=book.offers_by_id[order.offer_id].number if order.offer_id else None,
        contract=book.contracts_by_id[order.contract_id].number if order.contract_id else None,
        external_ids=[external.value for external in record.external_ids],
        customer=book.customers_by_id[order.customer_id].name,
    )


def _add_contract(
    book: UnitOfWork, record: OrderRecord, customer: Customer, number: str, at: datetime | None
) -> Contract:
    order = record.order
    site = book.sites_by_id[order.site_id].name if order.site_id else None
    months = [
        term["amount"]
        for item in record.items
        for term in item.terms
        if term["amount"] is not None and str(term["unit"]).casefold() in _MONTHS
    ]
    contract = book.add_contract(
        Contract(
            id=new_id(),
            tenant_id=order.tenant_id,
            root_tenant_id=order.root_tenant_id,
            number=number,
            customer_id=customer.id,
            site_id=order.site_id,
            product_id=order.product_id,
            status=ContractStatus.ACTIVE,
            minimum_months=max(months, default=None),
            dealer_id=order.dealer_id,
            sub_partner_id=order.sub_partner_id,
            created_at=min(at or book.now, book.now),
            updated_at=book.now,
            version=1,
            search_text=contract_search_text(number=number, customer=customer.name, site=site),
        )
    )
    ordered = [item for item in record.items if item.action is not ItemAction.DELETE]
    for position, item in enumerate(ordered, 1):
        one_time, monthly, currency = _amounts(record, item.position)
        book.add(
            ContractItem(
                contract_id=contract.id,
                tenant_id=order.tenant_id,
                root_tenant_id=order.root_tenant_id,
                position=position,
                product_id=item.product_id,
                name=item.name,
                quantity=item.quantity,
                one_time_amount=one_time,
                monthly_amount=monthly,
                currency=currency,
                characteristics=item.characteristics,
            )
        )
    return contract


_MONTHS = frozenset({"month", "months", "monat", "monate"})


def _amounts(
    record: OrderRecord, item_position: int
) -> tuple[Decimal | None, Decimal | None, str | None]:
    """One-time and monthly net amounts of an item, as far as they are in one currency."""
    prices = [
        price
        for price in record.prices
        if price.item_position == item_position and price.net_amount is not None
    ]
    currencies = {price.currency for price in prices}
    if len(currencies) != 1:
        return None, None, None
    one_time = [p.net_amount for p in prices if p.kind is PriceKind.ONE_TIME and p.net_amount]
    monthly = [
        p.net_amount
        for p in prices
        if p.kind is PriceKind.RECURRING
        and p.net_amount
        and (p.period or "").casefold() in _MONTHS
        and p.period_length in (None, 1)
    ]
    return (
        sum(one_time, Decimal(0)) if one_time else None,
        sum(monthly, Decimal(0)) if monthly else None,
        currencies.pop(),
    )
