"""Rules of the catalogue that need no database."""

from dataclasses import dataclass
from itertools import product as combinations

from catalog.prices import Price, Way, WayNotOffered
from points.ledger.rules import value

__all__ = [
    "Price",
    "Proposal",
    "Way",
    "WayNotOffered",
    "all_combinations",
    "clean_options",
    "clean_parameters",
    "combination_of",
    "propose",
    "search_words",
    "ways_under_cost",
]

MOST_OPTIONS = 3
MOST_VALUES = 30
MOST_PARAMETERS = 40
MOST_WORDS = 5


def clean_options(options):
    """The options of a product in their stored shape, ``[{"name": str, "values": [str, ...]}, ...]``.

    Raises ``ValueError`` unless ``options`` is a list of at most three, with names and values not empty and not
    repeated.
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
    """``chosen`` in the order of the product's options; raises ``ValueError`` if it is not one of their
    combinations."""
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
    """The words to search for: lower case, at most five; none for an empty query."""
    return query.lower().split()[:MOST_WORDS]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Points prices for a piece: worth of its cost, proposal, worth of its market price (C14).

    None where the cost or the market price is not known.
    """

    at_cost: int | None
    proposed: int | None
    at_market: int | None


def propose(*, cost_fen, market_price_fen, margin_percent):
    """A points price from cost and margin: not above the market price, and never below cost (C14).

    A cost of 50 yuan is 5,000 points where 100 points are worth one yuan and nothing is added. Without a cost the
    market price is proposed.
    """
    at_cost = None if cost_fen is None else value.points_for(cost_fen)
    at_market = None if market_price_fen is None else value.points_within(market_price_fen)
    if at_cost is None:
        return Proposal(None, at_market, at_market)
    wanted = value.points_for(-(-cost_fen * (100 + margin_percent) // 100))
    if at_market is not None:
        wanted = max(min(wanted, at_market), at_cost)
    return Proposal(at_cost, wanted, at_market)


def ways_under_cost(sku):
    """``[(Way, worth in fen)]`` of those ways of a SKU whose price is worth less than it costs the shop (C14)."""
    if sku.cost_fen is None:
        return []
    worths = [(way, value.worth_fen(price.points) + price.fen) for way in sku.ways if (price := sku.price(way))]
    return [(way, worth) for way, worth in worths if worth < sku.cost_fen]
