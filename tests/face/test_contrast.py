"""The tokens keep the contrast that the look promises, in every preset and in the dark (H4)."""

import re
from pathlib import Path

import pytest

TEXT, GRAPHIC = 4.5, 3
PAIRS = [
    ("ink", "page", TEXT),
    ("ink", "surface", TEXT),
    ("ink-2", "page", TEXT),
    ("ink-2", "sunken", TEXT),
    ("ink-3", "page", TEXT),
    ("ink-3", "sunken", TEXT),
    ("ink-3", "accent-soft", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "page", TEXT),
    ("accent", "accent-soft", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("gold-text", "gold-soft", TEXT),
    ("gold-text", "page", TEXT),
    ("gold", "page", GRAPHIC),
    ("edge", "page", GRAPHIC),
    ("edge", "surface", GRAPHIC),
    ("danger", "danger-soft", TEXT),
    ("danger", "page", TEXT),
    ("warn", "warn-soft", TEXT),
    ("warn", "page", TEXT),
    ("info", "info-soft", TEXT),
    ("card-ink", "card-1", TEXT),
    ("card-ink-2", "card-1", TEXT),
    ("card-gold", "card-1", TEXT),
]


def blocks():
    """Shape: ``{selector: {token: "#RRGGBB"}}`` of each rule in tokens.css that holds colours."""
    found = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", Path("static/css/tokens.css").read_text()):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", body))
        if "page" in colours:
            found[selector.strip().splitlines()[-1].strip()] = colours
    return found


def presets():
    fresh, fashion, business, dark, by_device = blocks().values()
    assert dark == by_device, "the dark column stands twice and must stay the same"
    return {"fresh": fresh, "fashion": fresh | fashion, "business": fresh | business, "dark": fresh | dark}


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("preset", ["fresh", "fashion", "business", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast_is_enough(preset, front, ground, least):
    tokens = presets()[preset]
    assert round(contrast(tokens[front], tokens[ground]), 1) >= least
