"""From the cart to the order, and out of it again: choices, prices, the checkout, cancelling (F1-F3, F9)."""
