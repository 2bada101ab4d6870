"""The demo goods: texts of ``pictures/index.csv`` joined with the offers, ready for the catalogue's services."""

import csv
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from pointsmall.demo.offers import OFFERS

PICTURES = Path(__file__).parent / "pictures"

# code, name, English name, icon; in the order of the shop
CATEGORIES = [
    ("imported_fruit", "进口水果", "Imported fruit", "cherry"),
    ("seasonal_fruit", "应季水果", "Seasonal fruit", "apple"),
    ("household", "家居生活", "Home and living", "lamp"),
    ("electronics", "数码电子", "Electronics", "headphones"),
    ("sport", "运动户外", "Sports and outdoors", "dumbbell"),
    ("fashion", "时尚配饰", "Fashion", "shopping-bag"),
    ("office", "办公文具", "Office and stationery", "notebook-pen"),
    ("services", "卡券服务", "Cards and services", "ticket"),
]


COST_PERCENT = 62  # of the market price: what the shop pays
WEIGHTS = {"fruit": 2500, "home": 900, "electronics": 500, "sport": 1200, "fashion": 600, "office": 700, "service": 0}


@dataclass(frozen=True)
class DemoSku:
    """``points``: price in points alone or None; ``mixed_points`` with ``mixed_fen``, or both None; ``cash_fen`` or
    None. ``weight_g``: 0 where nothing is sent."""

    code: str
    options: dict[str, str]
    points: int | None
    mixed_points: int | None
    mixed_fen: int | None
    cash_fen: int | None
    cost_fen: int
    weight_g: int
    stock: int


@dataclass(frozen=True)
class DemoProduct:
    """``slug`` is the picture's name and starts the SKU codes; ``listed`` counts days, None = unlisted."""

    slug: str
    category: str
    name: str
    name_en: str
    brand: str
    spec: str
    description: str
    market_price_fen: int
    options: list[dict]
    parameters: list[list[str]]
    popularity: int
    listed: int | None
    skus: list[DemoSku]

    @property
    def picture(self):
        return PICTURES / f"{self.slug}.webp"


def load():
    """All 56 products, category by category in the order of the shop, the most popular of each first."""
    with open(PICTURES / "index.csv", encoding="utf-8", newline="") as file:
        goods = [_product(row) for row in csv.DictReader(file)]
    place = {code: number for number, (code, *_) in enumerate(CATEGORIES)}
    return sorted(goods, key=lambda item: (place[item.category], -item.popularity))


def _product(row):
    slug = row["file"].removesuffix(".webp")
    offer = OFFERS[slug]
    options = _options(row["options_zh"])
    market_price_fen = round(float(row["market_price_yuan"]) * 100)
    return DemoProduct(
        slug=slug,
        category=row["category"],
        name=row["name_zh"],
        name_en=row["name_en"],
        brand=row["brand_zh"],
        spec=row["spec_zh"],
        description=row["description_zh"],
        market_price_fen=market_price_fen,
        options=options,
        parameters=[part.split(":", 1) for part in offer.parameters.split(";")],
        popularity=offer.popularity,
        listed=offer.listed,
        skus=_skus(slug, options, offer, market_price_fen),
    )


def _options(text):
    """``颜色:米白|墨绿`` as ``[{"name": "颜色", "values": ["米白", "墨绿"]}]``."""
    choices = (part.split(":", 1) for part in text.split(";") if part)
    return [{"name": name, "values": values.split("|")} for name, values in choices]


def _skus(slug, options, offer, market_price_fen):
    """One SKU for each combination of values; the first option decides price and stock."""
    names = [option["name"] for option in options]
    return [
        _sku(slug, number, dict(zip(names, values, strict=True)), offer, market_price_fen)
        for number, values in enumerate(product(*(option["values"] for option in options)))
    ]


def _sku(slug, number, values, offer, market_price_fen):
    scale = offer.scale[number] if offer.scale else 1
    mixed_points, mixed_yuan = offer.mixed or (None, None)
    return DemoSku(
        code=f"{slug}-{number + 1}",
        options=values,
        points=offer.points and _round_points(offer.points * scale),
        mixed_points=mixed_points and _round_points(mixed_points * scale),
        mixed_fen=mixed_yuan and _fen(mixed_yuan, scale),
        cash_fen=offer.cash and _fen(offer.cash, scale),
        cost_fen=round(market_price_fen * scale * COST_PERCENT / 100),
        weight_g=round(_weight(slug, offer) * scale),
        stock=offer.stock[number] if len(offer.stock) > 1 else offer.stock[0],
    )


def _round_points(points):
    return round(points / 10) * 10


def _fen(yuan, scale):
    """Whole yuan where the price is scaled, as written where it is not."""
    return round(yuan * 100) if scale == 1 else round(yuan * scale) * 100


def _weight(slug, offer):
    """Grams of the first value: as the offer says, or usual for goods of its kind."""
    return WEIGHTS[slug.partition("-")[0]] if offer.weight is None else offer.weight
