"""Phone numbers: how people type them, how the mall stores them (E.164) and shows them (masked)."""

import re

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import texts
from core.errors import DomainError

CHINA = "+86"
CHINESE_LENGTH = 11
CHINA_REGION = "CN"
_SATELLITE = re.compile(r"\+861(349|74)[0-9]+")  # China's own satellite ranges; the libraries take some for mobile
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}  # one where shared
_PUNCTUATION = re.compile(r"[\s\-().·]")
_LABEL = re.compile(r"^(?:tel|phone|mobile|联系电话|电话|手机|电话号码|手机号|手机号码)[:,]?(?=[+0-9])", re.IGNORECASE)


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

    What a number is called in front of it, ``手机：`` or ``tel:``, is left out.
    Raises ``PhoneNotValid`` with a message that says what to correct (A1, A5).
    """
    typed = _LABEL.sub("", _PUNCTUATION.sub("", texts.typed(text or "")))
    if not typed:
        raise PhoneNotValid
    number = "+" + typed[2:] if typed.startswith("00") else typed
    if not number.removeprefix("+").isdecimal():
        raise PhoneHasOtherSigns
    if number.startswith("+") and not number.startswith(CHINA):
        return _foreign(number)
    return CHINA + _chinese(number)


def gets_codes(phone):
    """Whether codes are sent to an E.164 number: a mobile one of a country in ``settings.SMS_COUNTRIES``.

    Never satellite phones, fixed lines, or numbers that charge the sender: fraudsters request codes to such numbers and
    are paid for each message.
    """
    if phone.startswith(CHINA):  # our own pattern: new ranges come every year
        return CHINA_REGION in settings.SMS_COUNTRIES and not _SATELLITE.fullmatch(phone)
    number = phonenumbers.parse(phone)
    is_served = phonenumbers.region_code_for_number(number) in settings.SMS_COUNTRIES
    return is_served and phonenumbers.number_type(number) in _MOBILE


def served_prefixes():
    """The country codes of numbers that may get codes: ``+86, +852``."""
    return ", ".join(f"+{phonenumbers.country_code_for_region(country)}" for country in settings.SMS_COUNTRIES)


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
