"""Order numbers: a letter, the shop's date, then digits that nobody can count on.

The letter keeps them whole in spreadsheets, which show long digits as 2.02611E+15 and save that. It is none of those
that mark payments (P), refunds (R) and their tries (T) in names at providers, nor an E. Older numbers are 16 digits.
"""

import secrets
from datetime import date

LETTER = "M"
DIGITS = 8


def new_number(date: date) -> str:
    """``M261120`` and eight random digits. Unique by the database: try again on a conflict."""
    return f"{LETTER}{date:%y%m%d}{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
