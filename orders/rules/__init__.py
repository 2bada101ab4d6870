"""Rules of the orders app: pure functions, no query and no clock."""
