"""Amounts as providers write them: fen here, yuan with two places there."""

import re

YUAN = re.compile(r"(\d{1,12})(?:\.(\d{1,2})0*)?", re.ASCII)
FEN = re.compile(r"\d{1,14}", re.ASCII)


def yuan(fen: int) -> str:
    """``3200`` -> ``"32.00"``."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: object) -> int:
    """``"32.00"`` -> ``3200``; raises ``ValueError`` for what is no amount in whole fen, as ``-5`` and ``1e3``."""
    found = YUAN.fullmatch(str(text).strip())
    if found is None:
        raise ValueError(f"not an amount: {text!r}")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def whole_fen(text: str) -> int:
    """``"000000003200"`` -> ``3200``; raises ``ValueError`` as ``fen`` does."""
    if not FEN.fullmatch(text):
        raise ValueError(f"not an amount: {text!r}")
    return int(text)
