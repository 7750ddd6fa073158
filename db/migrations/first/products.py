"""The catalogue."""

import sqlalchemy as sa

from db.migrations.first.columns import METADATA, closed_set

sa.Table(
    "products",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("number", sa.String(), nullable=False, unique=True),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column(
        "family",
        closed_set(
            "product_family",
            "CENTRAFLEX",
            "SIP_TRUNK",
            "VOICE_SITE",
            "DSL",
            "LEASED_LINE",
            "FIBRE",
            "OTHER",
        ),
        nullable=False,
    ),
    sa.Column("description_de", sa.String()),
    sa.Column("description_en", sa.String()),
)

sa.Table(
    "product_documents",
    METADATA,
    sa.Column("product_id", sa.Uuid(), sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("position", sa.Integer(), primary_key=True),
    sa.Column(
        "kind",
        closed_set(
            "document_kind",
            "PRODUCT_SHEET",
            "SERVICE_DESCRIPTION",
            "PRICE_LIST",
            "TERMS",
            "GUIDE",
            "ORDER_CONFIRMATION",
            "OTHER",
        ),
        nullable=False,
    ),
    sa.Column("title", sa.String(), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("content_type", sa.String(), nullable=False),
    sa.Column("url", sa.String(), nullable=False),
)
