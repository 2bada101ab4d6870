"""Payment providers that take nobody's money: real HTTP servers that sign and encrypt as the real ones do (F4, F5)."""
