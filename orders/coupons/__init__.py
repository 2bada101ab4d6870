"""Coupons: types, gifts, redemption, use with an order (F11)."""
