"""Phone numbers as people type them, as the mall keeps them (E.164) and as it shows them (masked)."""

import re

import phonenumbers
from django.utils.translation import gettext_lazy as _

from core import texts
from core.errors import DomainError

CHINA = "+86"
CHINESE_LENGTH = 11
_PUNCTUATION = re.compile(r"[\s\-().·]")


class PhoneNotValid(DomainError):
    """The typed text is not a phone number; ``message`` says what is wrong with it."""

    code = "phone_not_valid"
    message = _("Enter a mobile number.")


class PhoneHasOtherSigns(PhoneNotValid):
    message = _("A mobile number has digits only.")


class PhoneTooShort(PhoneNotValid):
    message = _("A mobile number has 11 digits, this one has only %(digits)s.")


class PhoneTooLong(PhoneNotValid):
    message = _("A mobile number has 11 digits, this one has %(digits)s.")


class PhoneStartsWrong(PhoneNotValid):
    message = _("A mobile number starts with 13 to 19.")


class ForeignPhoneNotValid(PhoneNotValid):
    message = _("This international number does not exist, check it after the country code.")


def parse(text):
    """The number in E.164 (``+8613800000001``): 11 digits are Chinese, ``+`` or ``00`` opens any other country's.

    Raises ``PhoneNotValid`` with a message that says what to correct (A1, A5).
    """
    typed = _PUNCTUATION.sub("", texts.typed(text or ""))
    if not typed:
        raise PhoneNotValid
    number = "+" + typed[2:] if typed.startswith("00") else typed
    if not number.removeprefix("+").isdecimal():
        raise PhoneHasOtherSigns
    if number.startswith("+") and not number.startswith(CHINA):
        return _foreign(number)
    return CHINA + _chinese(number)


def mask(phone):
    """``138 **** 0001`` of a Chinese number, the country code and last four digits of another, ``""`` of none."""
    if not phone:
        return ""
    if phone.startswith(CHINA):
        national = phone.removeprefix(CHINA)
        return f"{national[:3]} **** {national[-4:]}"
    return f"{phone[:3]} **** {phone[-4:]}"


def national(phone):
    """What a Chinese member would type: 11 digits; another country's number stays in E.164."""
    return (phone or "").removeprefix(CHINA)


def _chinese(number):
    digits = number.removeprefix("+")
    if number.startswith("+") or (digits.startswith("86") and len(digits) > CHINESE_LENGTH):
        digits = digits.removeprefix("86")
    if len(digits) < CHINESE_LENGTH:
        raise PhoneTooShort(digits=len(digits))
    if len(digits) > CHINESE_LENGTH:
        raise PhoneTooLong(digits=len(digits))
    if not re.fullmatch(r"1[3-9][0-9]{9}", digits):
        raise PhoneStartsWrong
    return digits


def _foreign(number):
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        raise ForeignPhoneNotValid from error
    if not phonenumbers.is_valid_number(parsed):
        raise ForeignPhoneNotValid
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
