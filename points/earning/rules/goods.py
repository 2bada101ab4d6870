"""What categories of goods are called: points know them by codes, and the catalogue, an app above, tells the names."""

from collections.abc import Callable, Iterable, Mapping

Name = Mapping[str, str]  # {"zh": name, "en": name}
Source = Callable[[], Mapping[str, Name]]
_sources: list[Source] = []


def names_from(source: Source) -> Source:
    """``source()`` gives ``{code: {"zh": name, "en": name}}`` of all categories that there are; usable as a
    decorator."""
    _sources.append(source)
    return source


def names() -> dict[str, Name]:
    """All of them, ``{code: {"zh": name, "en": name}}``."""
    return {code: name for source in _sources for code, name in source().items()}


def unknown(codes: Iterable[str], names: Mapping[str, Name]) -> list[str]:
    """Those of ``codes`` that no category of the mall has; none while it has no categories at all, and whatever is
    bought comes from elsewhere."""
    return [code for code in codes if names and code not in names]
