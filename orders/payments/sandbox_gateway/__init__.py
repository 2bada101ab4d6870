"""A payment provider to develop against: its own page, its own table, signed calls over HTTP.

It knows nothing of orders. It is routed everywhere but in production.
"""
