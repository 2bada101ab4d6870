"""Rule sets to begin with: the shop's default and well-known ratios. Staff copy one into a draft and change it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from points.earning.rules.engine import Stored


@dataclass(frozen=True)
class Preset:
    """``rules`` in the form in which a version keeps them."""

    code: str
    label: str | Promise
    rules: tuple[Stored, ...]


def _rule(code: str, **figures: object) -> Stored:
    return {"rule": code, "figures": figures}


_BONUSES = (
    _rule("category_bonus", categories="imported_fruit", name="进口水果", name_en="Imported fruit", percent="50"),
    _rule("category_bonus", categories="seasonal_fruit", name="应季水果", name_en="Seasonal fruit", percent="30"),
)
_BEHAVIOURS = (
    _rule("behaviour", behaviour="sign_up", points=200),
    _rule("behaviour", behaviour="review", points=20),
    _rule("picture_bonus", percent="30"),
    _rule("behaviour", behaviour="share", points=50),
    _rule("behaviour_cap", behaviour="share", points=0, times=3),
)


def _simple(points: int, yuan: int, multiplier: Stored | None = None) -> tuple[Stored, ...]:
    return (
        _rule("ratio", points=points, yuan=yuan),
        multiplier or _rule("tier_multiplier"),
        *_BEHAVIOURS,
    )


S2 = Preset(
    "s2",
    gettext_lazy("¥1 = 1 point, tiers, bonus for imported and seasonal fruit"),
    (_rule("ratio", points=1, yuan=1), _rule("tier_multiplier"), *_BONUSES, *_BEHAVIOURS),
)
PRESETS = {
    preset.code: preset
    for preset in (
        S2,
        Preset("10_1", gettext_lazy("¥10 = 1 point"), _simple(1, 10)),
        Preset("50_10", gettext_lazy("¥50 = 10 points"), _simple(10, 50)),
        Preset("1000_50", gettext_lazy("¥1,000 = 50 points"), _simple(50, 1000)),
        Preset(
            "double",
            gettext_lazy("¥10 = 1 point, double for gold and diamond"),
            _simple(1, 10, _rule("tier_multiplier", normal="1", silver="1", gold="2", diamond="2")),
        ),
    )
}
