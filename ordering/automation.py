"""Which orders are processed automatically, within minutes."""

from db.enums import BusinessCase, ProductFamily

_AUTOMATED_REORDERS = frozenset({ProductFamily.CENTRAFLEX, ProductFamily.SIP_TRUNK})


def is_automated(family: ProductFamily | None, business_case: BusinessCase) -> bool:
    """Reorders of Centraflex and SIP trunks, and every order of a voice site."""
    if family is ProductFamily.VOICE_SITE:
        return True
    return business_case is BusinessCase.REORDER and family in _AUTOMATED_REORDERS
