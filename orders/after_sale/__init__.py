"""What comes after the parcel: receipt, returns, exchanges, refunds, and the points that the cash earns (F9, F10)."""
