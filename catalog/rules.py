"""Rules of the catalogue that need no database."""

from itertools import product as combinations

from catalog.prices import Price, Way, WayNotOffered

__all__ = [
    "Price",
    "Way",
    "WayNotOffered",
    "all_combinations",
    "clean_options",
    "clean_parameters",
    "combination_of",
    "search_words",
]

MOST_OPTIONS = 3
MOST_VALUES = 30
MOST_PARAMETERS = 40
MOST_WORDS = 5


def clean_options(options):
    """The options of a product in their stored shape, ``[{"name": str, "values": [str, ...]}, ...]``.

    Raises ``ValueError`` when that is not what ``options`` is: a list of at most three, names and values not empty
    and not twice.
    """
    if not isinstance(options, list | tuple) or len(options) > MOST_OPTIONS:
        raise ValueError("options")
    cleaned = []
    for option in options:
        if not isinstance(option, dict) or set(option) != {"name", "values"}:
            raise ValueError("options")
        name, values = option["name"], option["values"]
        if not isinstance(name, str) or not isinstance(values, list | tuple):
            raise ValueError("options")
        if not all(isinstance(value, str) for value in values):
            raise ValueError("options")
        name, values = name.strip(), [value.strip() for value in values]
        if not name or not values or not all(values) or len(set(values)) != len(values) or len(values) > MOST_VALUES:
            raise ValueError("options")
        cleaned.append({"name": name, "values": values})
    if len({option["name"] for option in cleaned}) != len(cleaned):
        raise ValueError("options")
    return cleaned


def clean_parameters(parameters):
    """The parameters of a product in their stored shape, ``[[name, value], ...]``; raises ``ValueError`` otherwise."""
    if not isinstance(parameters, list | tuple) or len(parameters) > MOST_PARAMETERS:
        raise ValueError("parameters")
    cleaned = []
    for pair in parameters:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise ValueError("parameters")
        name, value = (text.strip() for text in pair)
        if not name or not value:
            raise ValueError("parameters")
        cleaned.append([name, value])
    return cleaned


def combination_of(options, chosen):
    """``chosen`` in the order of the product's options; raises ``ValueError`` when it is none of their combinations."""
    if not isinstance(chosen, dict) or set(chosen) != {option["name"] for option in options}:
        raise ValueError("chosen")
    if any(chosen[option["name"]] not in option["values"] for option in options):
        raise ValueError("chosen")
    return {option["name"]: chosen[option["name"]] for option in options}


def all_combinations(options):
    """Every ``{name: value}`` that the options allow; one empty combination when there are no options."""
    names = [option["name"] for option in options]
    return [dict(zip(names, values, strict=True)) for values in combinations(*(o["values"] for o in options))]


def search_words(query):
    """The words of a search as they are looked for: lower case, at most five; none for an empty query."""
    return query.lower().split()[:MOST_WORDS]
