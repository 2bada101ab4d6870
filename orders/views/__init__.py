"""Pages of cart, checkout, orders and payment: each loads, calls one service and turns a refusal into a message."""
