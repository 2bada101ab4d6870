"""Invented demo content: goods, members and half a year of their history (development only)."""
