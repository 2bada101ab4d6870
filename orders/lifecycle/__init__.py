"""An order from state to state: the moves, what every move may call, and how its ends are told."""
