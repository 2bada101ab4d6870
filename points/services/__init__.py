"""Acts on points beside the ledger itself: what staff do, what the calendar does, what proves the books."""
