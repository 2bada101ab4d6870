"""The region picker's data (A5)."""

import pytest

from accounts import regions


def test_every_leaf_is_a_region_with_six_digits_and_a_way_to_it():
    leaves = 0
    for province in regions.provinces():
        for city in regions.cities(province.code) or [province]:
            for place in regions.districts(city.code) or [city]:
                leaves += 1
                found = regions.region(place.code)
                assert len(place.code) == 6
                assert place.code.isdecimal()
                assert found.province == province.name
                assert place.code in regions.path_to(place.code)
    assert leaves > 2800
    assert len(regions.provinces()) == 34


@pytest.mark.parametrize(
    ("code", "province", "city", "district"),
    [
        ("330106", "浙江省", "杭州市", "西湖区"),
        ("110105", "北京市", "北京市", "朝阳区"),
        ("500229", "重庆市", "重庆市", "城口县"),
        ("429004", "湖北省", "仙桃市", ""),
        ("441900", "广东省", "东莞市", ""),
        ("810000", "香港特别行政区", "", ""),
        ("710000", "台湾省", "", ""),
    ],
)
def test_regions(code, province, city, district):
    found = regions.region(code)
    assert (found.province, found.city, found.district) == (province, city, district)


@pytest.mark.parametrize("code", ["", "330000", "330100", "999999", "abc"])
def test_what_is_no_region(code):
    assert regions.region(code) is None
