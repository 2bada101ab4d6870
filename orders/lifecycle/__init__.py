"""The states of an order: the moves, what every move may call, and the notices about its end."""
