"""Finds members by what staff type: phone, e-mail, username or member number."""

from django.db.models.functions import Upper

from accounts import phones
from accounts.models import User

MAX_ID = 2**63 - 1
PHONE, EMAIL, USERNAME, NUMBER = "phone", "upper_email", "upper_username", "pk"


def find_members(names):
    """``{name: member id}`` for the names that belong to a member; one query for each kind of name that occurs."""
    wanted = {}
    for name in names:
        if "\0" in name:  # PostgreSQL cannot store such a text
            continue
        way, value = _reading(name)
        wanted.setdefault(way, {}).setdefault(value, []).append(name)
    found = {}
    for way, values in wanted.items():
        people = User.objects.annotate(upper_email=Upper("email"), upper_username=Upper("username"))
        for value, pk in people.filter(**{f"{way}__in": list(values)}).values_list(way, "pk"):
            found |= dict.fromkeys(values[value], pk)
    return found


def find_member(name):
    """The id of the member with that phone, e-mail, username or number, or None."""
    return find_members([name]).get(name)


def _reading(name):
    """Which kind of name it is. Usernames begin with a letter, and 11 digits beginning with 1 are a phone, so it is
    never ambiguous."""
    text = name.strip()
    if "@" in text:
        return EMAIL, text.upper()
    try:
        return PHONE, phones.parse(text)
    except phones.PhoneNotValid:
        pass
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit():
        return NUMBER, min(int(number[:20]), MAX_ID)
    return USERNAME, text.upper()
