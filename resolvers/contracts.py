"""What fields of contracts load besides relations."""

from collections.abc import Sequence
from uuid import UUID

from db.models import Contract
from db.queries.contracts import renewable_among
from resolvers.batch_loader import Values
from resolvers.context import Context


def are_renewable(contracts: Sequence[Contract], context: Context) -> Values[bool]:
    """Whether each contract can be renewed today, in the order of the contracts."""

    async def load(contract_ids: list[UUID]) -> list[bool]:
        renewable = set(
            await context.session.tuples(
                renewable_among(), keys=contract_ids, today=context.present.today
            )
        )
        return [(contract_id,) in renewable for contract_id in contract_ids]

    return context.loaders.values("renewable", load, [contract.id for contract in contracts])
