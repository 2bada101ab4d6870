"""The only writers of orders, payments, shipments and carts."""
