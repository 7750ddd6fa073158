"""What may happen to carts, offers, orders and contracts."""
