"""Invented content for trying the mall: goods, members and half a year of their history (development only)."""
