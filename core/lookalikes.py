"""Names that look like other names, though they are written with other letters (A1).

The *skeleton* of a name is what it looks like, as Unicode's UTS 39 has it: each character is replaced by the one that
stands for all that look like it. Names of one skeleton cannot be told apart: ``aIice`` and ``alice``, ``modem`` and
``modern``. Names that differ in capitals alone are compared elsewhere.

``confusable_homoglyphs`` carries Unicode's table as pairs of a character and the one that stands for it.
"""

import re
import unicodedata
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

# Scripts that one word may hold together, as the "highly restrictive" level of Unicode's UTS 39 has it.
_EAST_ASIAN = {"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"}
_LATIN_LIKE = "LATIN-LIKE"


def skeleton(name: str) -> str:
    """What ``name`` looks like, in small letters."""
    return _looks(_looks(unicodedata.normalize("NFKC", name)).casefold())


def is_disguised(name: str) -> bool:
    """Whether ``name`` has letters that nobody needs but who wants to look like somebody else: a word that mixes
    scripts, as Latin and Cyrillic, letters of phonetic alphabets, or a word of another script that looks Latin."""
    return any(not _is_honest(word) for word in re.split(r"[\W_]+", unicodedata.normalize("NFC", name)))


def _is_honest(word: str) -> bool:
    scripts = {_script(letter) for letter in word if letter.isalpha()}
    if _LATIN_LIKE in scripts or (not word.isascii() and _looks(word).isascii()):
        return False
    return len(scripts) <= 1 or scripts <= _EAST_ASIAN


def _script(letter: str) -> str:
    """The script as the letter's own name tells it. Latin letters other than those of ASCII, with or without a mark,
    are a script of their own: ``ɑ``, ``ı`` and ``ᴀ`` look like others."""
    script = unicodedata.name(letter, "UNNAMED").split()[0]
    if script == "LATIN" and not unicodedata.normalize("NFD", letter)[0].isascii():
        return _LATIN_LIKE
    return script


def _looks(text: str) -> str:
    stand_ins = _stand_ins()
    seen = "".join(stand_ins.get(character, character) for character in unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", seen)


@cache
def _stand_ins() -> dict[str, str]:
    """``{character: what stands for it}``. In the table's pairs, what stands for many has many partners, each of which
    has no other; of two that have only each other, the one that is more characters, or comes first, stands for both."""
    partners = {each: [pair["c"] for pair in pairs] for each, pairs in confusables_data.items()}
    found = {}
    for each, (other, *more) in partners.items():
        is_alone = len(partners.get(other, ())) > 1 or (-len(other), other) < (-len(each), each)
        if len(each) == 1 and not more and is_alone:
            found[each] = other
    return found
