"""Tables of statements as providers write them: plain text, in which a name may hold the separator or a line break.

They are no CSV: nothing is quoted. A line that begins no row belongs to the row before it, and what is too many in a
row belongs to the columns of free text.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence


def rows(lines: Iterable[tuple[int, str]], *, begins: Callable[[str], object]) -> Iterator[tuple[int, str]]:
    """``(number, text)`` of each row of ``(number, line)``; ``begins(line)`` says whether a line is the first of one.

    Lines before the first row are left out.
    """
    number = 0
    parts: list[str] = []
    for at, line in lines:
        if begins(line):
            if parts:
                yield number, "\n".join(parts)
            number, parts = at, [line]
        elif parts:
            parts.append(line)
    if parts:
        yield number, "\n".join(parts)


def fitted(header: list[str], values: list[str], *, free: Sequence[str]) -> dict[str, str]:
    """``{name: value}`` of a row; the adjacent columns ``free`` take up what is too many, and are left out.

    Raises ``ValueError`` for a row that is too short.
    """
    surplus = len(values) - len(header)
    first = header.index(free[0])
    if surplus < 0:
        raise ValueError("too few columns")
    after = first + len(free)
    left = zip(header[:first], values[:first], strict=True)
    right = zip(header[after:], values[after + surplus :], strict=True)
    return dict(left) | dict(right)
