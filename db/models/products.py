"""The carrier's catalogue, which is the same for all tenants and owned by none."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.enums import DocumentKind, ProductFamily
from db.ids import new_id
from db.types import closed_set


class Product(Base):
    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    family: Mapped[ProductFamily] = mapped_column(closed_set(ProductFamily))
    description_de: Mapped[str | None]
    description_en: Mapped[str | None]


class ProductDocument(Base):
    """A document about a product, in one language."""

    __tablename__ = "product_documents"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(closed_set(DocumentKind))
    title: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    content_type: Mapped[str]
    url: Mapped[str]
