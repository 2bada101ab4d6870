"""Names that look like others (A1)."""

import pytest

from core import lookalikes


@pytest.mark.parametrize(
    ("name", "is_disguised"),
    [
        ("admin", False),
        ("lin10-xiao.wen_l", False),
        ("аdmin", True),  # а of Cyrillic
        ("adΜin", True),  # Μ of Greek
        ("админ", False),
        ("асе", True),  # all of it Cyrillic
        ("АСЕ", True),
        ("ορο", True),
        ("Νίκος", False),
        ("ivan.иван", False),  # two words
        ("ivan.сор", True),
        ("王小明tom2", False),
        ("ゆきこ雪子", False),
        ("민수kim", False),
        ("王иван", True),
        ("José", False),
        ("Việt", False),
        ("ɑdmin", True),  # a Latin letter, but none that people write
        ("admın", True),
        ("ᴀᴅᴍɪɴ", True),
        ("ʟɪɴ", True),
        ("王ɪ", True),
        ("ɛɔ", True),
    ],
)
def test_letters_that_nobody_needs(name, is_disguised):
    assert lookalikes.is_disguised(name) is is_disguised


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("alice", "aIice"),
        ("admin1", "adminl"),
        ("modern", "modem"),
        ("lin0", "linO"),
        ("ace", "асе"),
        ("ivan", "iνan"),
        ("lin", "ｌｉｎ"),
        ("王工", "王エ"),
        ("José", "Jose\u0301"),
        ("Lin", "lin"),
    ],
)
def test_names_of_one_skeleton(one, another):
    assert lookalikes.skeleton(one) == lookalikes.skeleton(another)


@pytest.mark.parametrize(
    ("one", "another"), [("alice", "alicia"), ("lin", "lim"), ("José", "Jose"), ("王小明", "王小朋"), ("lin1", "lin2")]
)
def test_names_that_can_be_told_apart(one, another):
    assert lookalikes.skeleton(one) != lookalikes.skeleton(another)
