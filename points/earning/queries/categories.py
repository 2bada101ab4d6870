"""Which category of goods is meant: people tell it by its code or by one of its names (C3)."""

import re
import unicodedata

from django.utils.translation import get_language

from core.tables import key_of
from points.earning.queries import rule_sets
from points.earning.rules import goods

BETWEEN = re.compile(r"[,;、\n]")


class Categories:
    """The categories that the catalogue knows and those that the rules of a released version name, as of now."""

    def __init__(self):
        named = [pair for names in _named() for pair in names.items()]
        self._codes = {code for code, _name in named}
        self._by_key = _unambiguous((name, code) for code, names in named for name in (names or {}).values())
        self._by_key |= _unambiguous((code, code) for code in self._codes)

    def code_of(self, text):
        """The code of the category that is called so, whatever the case and width of its letters; ``""`` for ``""``,
        None where nobody knows it or where the name is that of several."""
        if not text or text in self._codes:
            return text
        return self._by_key.get(key_of(text))

    def codes_in(self, text):
        """The codes of categories as a rule keeps them, of a list that somebody typed: with commas of any kind, by code
        or by name. What nobody knows stays as it was typed."""
        typed = (one.strip() for one in BETWEEN.split(unicodedata.normalize("NFKC", text)))
        return ", ".join(dict.fromkeys(self.code_of(one) or one for one in typed if one))


def titles():
    """``{code: name}`` of the same categories in the language in use; the catalogue knows best."""
    language = get_language()[:2]
    named = {code: names for told in reversed(_named()) for code, names in told.items() if names}
    return {code: names.get(language) or names["zh"] for code, names in named.items()}


def _named():
    """``{code: {"zh": name, "en": name}}`` of the catalogue, then of each rule, which may know no name."""
    rules = [rule for release in rule_sets.releases() for rule in release.rule_set.rules]
    return [goods.names(), *(rule.goods() for rule in rules)]


def _unambiguous(pairs):
    """``{name as names are compared: code}`` of ``(name, code)``, without names of several codes."""
    found = {}
    for name, code in pairs:
        found.setdefault(key_of(name), set()).add(code)
    return {key: codes.pop() for key, codes in found.items() if key and len(codes) == 1}
