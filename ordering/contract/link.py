"""The link from an order to the contract that it creates or changes."""

from decimal import Decimal

from db import detached
from db.enums import (
    BusinessCase,
    ContractEffect,
    ContractStatus,
    ItemAction,
    MilestoneKind,
    PriceKind,
)
from db.ids import new_id
from db.models import Contract, ContractItem
from db.search import search_text
from ordering.errors import Refusal, RefusedError
from ordering.order.aggregate import OrderAggregate
from ordering.order.changes import ContractReported
from ordering.order.context import ChangeContext
from ordering.order.events import ContractLinked

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

_MONTHS = frozenset({"month", "months", "monat", "monate"})


def link_contract(context: ChangeContext, change: ContractReported) -> bool:
    """Link the order to its contract, and create the contract if its number is new.

    The effect follows from the business case; an order cannot create a contract that exists.
    Raises `RefusedError` if the order or the contract belongs together with another one.
    """
    order, row = context.order, context.order.row
    if (linked := order.contract) is not None:
        if linked.number not in change.numbers:
            raise RefusedError(
                Refusal.CONTRACT_ALREADY_LINKED,
                f"the order is already linked to contract {linked.number}",
                "contract",
            )
    else:
        number, effect = change.numbers[0], EFFECT_OF_CASE[row.business_case]
        contract = order.lookups.contracts.get((row.root_tenant_id, number))
        if contract is None:
            contract = _create(context, number)
        elif contract.customer_id != row.customer_id:
            raise RefusedError(
                Refusal.BELONGS_TO_ANOTHER,
                f"contract {number} belongs to another customer",
                "contract",
            )
        else:
            if effect is ContractEffect.CREATED:
                effect = ContractEffect.AMENDED
            contract.version += 1
            contract.updated_at = max(context.now, contract.updated_at)
        row.contract_id, row.contract_effect = contract.id, effect
        order.update_search_texts()
        context.events.append(ContractLinked(number, effect))
    context.reach(MilestoneKind.CONTRACT_LINKED)
    return True


def _create(context: ChangeContext, number: str) -> Contract:
    """A new contract with what was ordered."""
    order, row, now = context.order, context.order.row, context.now
    months = [
        term["amount"]
        for item in order.items
        for term in item.terms
        if term["amount"] is not None and str(term["unit"]).casefold() in _MONTHS
    ]
    contract = order.lookups.contracts.add(
        detached.new(
            Contract,
            id=new_id(),
            tenant_id=row.tenant_id,
            root_tenant_id=row.root_tenant_id,
            number=number,
            customer_id=row.customer_id,
            site_id=row.site_id,
            product_id=row.product_id,
            status=ContractStatus.ACTIVE,
            minimum_months=max(months, default=None),
            dealer_id=row.dealer_id,
            sub_partner_id=row.sub_partner_id,
            created_at=min(context.at or now, now),
            updated_at=now,
            version=1,
            search_contracts=search_text(number),
            search_customers=search_text(order.customer.name),
        )
    )
    items = [item for item in order.items if item.action is not ItemAction.DELETE]
    for position, item in enumerate(items, 1):
        one_time, monthly, currency = _amounts(order, item.position)
        order.lookups.contract_items.append(
            detached.new(
                ContractItem,
                contract_id=contract.id,
                tenant_id=row.tenant_id,
                root_tenant_id=row.root_tenant_id,
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


def _amounts(
    order: OrderAggregate, item_position: int
) -> tuple[Decimal | None, Decimal | None, str | None]:
    """One-time amount, monthly amount and currency of an item, net; None unless its prices are all
    in one currency."""
    prices = [
        price
        for price in order.prices
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
