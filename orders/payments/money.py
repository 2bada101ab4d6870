"""Amounts as providers write them: fen here, yuan with two places there."""

from decimal import Decimal, InvalidOperation

FEN = Decimal(100)


def yuan(fen):
    """``3200`` -> ``"32.00"``."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text):
    """``"32.00"`` -> ``3200``; raises ``ValueError`` for what is no amount in whole fen."""
    try:
        value = Decimal(str(text).strip()) * FEN
        if not value.is_finite() or value != value.to_integral_value():
            raise ValueError(f"not an amount: {text!r}")
        return int(value)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {text!r}") from error
