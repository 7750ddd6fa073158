"""Which rows an intake locks: on a cluster, Citus locks rows of one partner only."""

from tests.intake.payloads import order, state
from tests.intake.reporting import Reporter
from tests.support.statements import sent


async def test_an_intake_for_a_tenant_locks_rows_of_one_tree(postgresql_reporter: Reporter) -> None:
    """Without a tenant orders are locked before their partner is known."""
    take_in = postgresql_reporter.take_in
    contract = [{"@type": "AgreementRef", "id": "V-1"}]
    await take_in.good(order(agreement=contract), tenant="P-7")
    with sent() as statements:
        await take_in.good(state("held", 1), order("A-2", agreement=contract), tenant="P-7")
    locking = [sql for sql, _ in statements if " FOR UPDATE" in sql or " FOR NO KEY" in sql]
    assert any("FROM orders" in sql for sql in locking)
    assert any("FROM contracts" in sql for sql in locking)
    for sql in locking:
        assert ".root_tenant_id = $" in sql
