"""Parcels: rates, carriers, shipping one by one and by file, the way of a parcel (F7, F8, F12)."""
