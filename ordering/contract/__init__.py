"""Contracts: created or changed by orders."""
