"""The look-up of customers."""

from uuid import UUID

from sqlalchemy import Select, select

from db.models import Customer


def ids_of_customer(number: str) -> Select[UUID]:
    return select(Customer.id).where(Customer.number == number)
