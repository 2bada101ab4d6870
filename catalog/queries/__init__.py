"""Reads of the catalogue for pages. Nothing here writes; the number of queries never depends on the number of goods."""

from catalog.queries.detail import ProductPage, former_product, product_page
from catalog.queries.listing import Listing, category_names, listed_products
from catalog.queries.shelves import Card, cards, front_shelves, popular
from catalog.queries.stock import stock_breaks

__all__ = [
    "Card",
    "Listing",
    "ProductPage",
    "cards",
    "category_names",
    "former_product",
    "front_shelves",
    "listed_products",
    "popular",
    "product_page",
    "stock_breaks",
]
