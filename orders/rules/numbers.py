"""Order numbers: the shop's date, then digits that nobody can count on."""

import secrets

DIGITS = 8


def new_number(date):
    """``20261120`` and eight random digits. Unique by the database: try again on a conflict."""
    return f"{date:%Y%m%d}{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
