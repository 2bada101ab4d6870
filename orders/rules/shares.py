"""How much of what was paid for several pieces belongs to some of them (F10)."""


def share(total, quantity, before, pieces):
    """What ``pieces`` of ``quantity`` weigh in ``total`` when ``before`` of them had their share already.

    Shares of single pieces differ by at most one, and all together are ``total``: the last piece takes what is left.
    """
    return total * (before + pieces) // quantity - total * before // quantity
