"""Customers with their sites, and the tenants that they belong to."""
