"""Names that look like other names but are spelled with other letters (A1).

The *skeleton* of a name (Unicode UTS 39) replaces each character by one that represents all its look-alikes. Names with
the same skeleton cannot be told apart: ``aIice`` and ``alice``, ``modem`` and ``modern``. Upper and lower case are
handled elsewhere.

``confusable_homoglyphs`` has Unicode's table as pairs of a character and its representative.
"""

import re
import unicodedata
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

# Scripts that may be mixed in one word, as in the "highly restrictive" level of Unicode UTS 39.
_EAST_ASIAN = {"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"}
_LATIN_LIKE = "LATIN-LIKE"


def skeleton(name: str) -> str:
    """The skeleton of ``name``, in lower case."""
    return _looks(_looks(unicodedata.normalize("NFKC", name)).casefold())


def is_disguised(name: str) -> bool:
    """Whether ``name`` uses letters that only impostors need: a word that mixes scripts, such as Latin and Cyrillic,
    letters of phonetic alphabets, or a word of another script that looks Latin."""
    return any(not _is_honest(word) for word in re.split(r"[\W_]+", unicodedata.normalize("NFC", name)))


def _is_honest(word: str) -> bool:
    scripts = {_script(letter) for letter in word if letter.isalpha()}
    if _LATIN_LIKE in scripts or (not word.isascii() and _looks(word).isascii()):
        return False
    return len(scripts) <= 1 or scripts <= _EAST_ASIAN


def _script(letter: str) -> str:
    """The script, taken from the letter's Unicode name. Latin letters outside ASCII (accents aside) count as a separate
    script, because ``ɑ``, ``ı`` and ``ᴀ`` look like others."""
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
    """``{character: its representative}``. In the table a representative is paired with many characters, each of which
    is paired only with it. If two are paired only with each other, the longer one, or else the first, represents
    both."""
    partners = {each: [pair["c"] for pair in pairs] for each, pairs in confusables_data.items()}
    found = {}
    for each, (other, *more) in partners.items():
        is_alone = len(partners.get(other, ())) > 1 or (-len(other), other) < (-len(each), each)
        if len(each) == 1 and not more and is_alone:
            found[each] = other
    return found
