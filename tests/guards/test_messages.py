"""Every string of ours is there in Chinese (H4)."""

import string

from pointsmall import messages


def ids(catalog):
    return {(message.context, message.id) for message in catalog if message.id}


def texts(message):
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_the_catalogue_holds_just_what_is_asked_for():
    asked, there = ids(messages.collect()), ids(messages.translated())
    assert asked - there == set(), "run `make messages` and translate"
    assert there - asked == set(), "run `make messages`"


def test_every_string_is_translated():
    missing = [message.id for message in messages.translated() if message.id and not all(texts(message))]
    assert missing == []


def test_no_translation_is_a_guess():
    assert [message.id for message in messages.translated() if message.id and message.fuzzy] == []


def test_placeholders_are_those_of_the_source():
    wrong = [message.id for message in messages.translated() if message.id and list(message.check())]
    assert wrong == []


def test_no_english_is_passed_off_as_chinese():
    """A translation without one Chinese character must be a name or a format, not a sentence."""
    latin = set(string.printable)
    suspects = [
        message.id
        for message in messages.translated()
        if message.id and all(set(text) <= latin for text in texts(message)) and " " in texts(message)[0].strip()
    ]
    assert suspects == []
