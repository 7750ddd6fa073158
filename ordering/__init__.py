"""The rules of the business: what may happen to orders, contracts, offers and customers."""
