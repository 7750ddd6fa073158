"""Contracts beyond plain relations."""

from uuid import UUID

from db.models import Contract
from db.queries.contracts import renewable_among
from resolvers.context import Context


async def is_renewable(context: Context, contract: Contract) -> bool:
    """Whether the contract can be renewed today."""

    async def load(contract_ids: list[UUID]) -> list[bool]:
        renewable = set(
            await context.session.entities(renewable_among(contract_ids, context.today))
        )
        return [contract_id in renewable for contract_id in contract_ids]

    return await context.loaders.value("renewable", load, contract.id)
