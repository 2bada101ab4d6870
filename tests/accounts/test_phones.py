"""Phone numbers as typed, kept and shown (A1, A5)."""

import pytest
from django.utils import translation

from accounts import phones


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800000001", "+8613800000001"),
        (" 138 0000 0001 ", "+8613800000001"),
        ("138-0000-0001", "+8613800000001"),
        ("１３８０００００００１", "+8613800000001"),  # full-width digits of a Chinese keyboard
        ("\u202d138 0000 0001\u202c", "+8613800000001"),  # out of the contacts of a phone
        ("138\u200b0000\u20600001\ufeff", "+8613800000001"),
        ("138\u20110000\u20110001", "+8613800000001"),
        ("138–0000—0001", "+8613800000001"),
        ("138．0000．0001", "+8613800000001"),
        ("+8613800000001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("008613800000001", "+8613800000001"),
        ("8613800000001", "+8613800000001"),
        ("19912345678", "+8619912345678"),
        ("+85291234567", "+85291234567"),
        ("0044 7400 123456", "+447400123456"),
        ("手机13800000001", "+8613800000001"),
        ("手机号：138 0000 0001", "+8613800000001"),
        ("手机号码:13800000001", "+8613800000001"),
        ("电话：13800000001", "+8613800000001"),
        ("联系电话 138-0000-0001", "+8613800000001"),
        ("tel:+8613800000001", "+8613800000001"),
        ("Tel. 138 0000 0001", "+8613800000001"),
        ("Mobile: +852 9123 4567", "+85291234567"),
    ],
)
def test_kept_in_e164(typed, kept):
    assert phones.parse(typed) == kept


@pytest.mark.parametrize(
    ("typed", "error", "words"),
    [
        ("", phones.PhoneNotValid, "Enter a mobile number"),
        (None, phones.PhoneNotValid, "Enter a mobile number"),
        ("1380000001", phones.PhoneTooShort, "only 10"),
        ("138000000011", phones.PhoneTooLong, "has 12"),
        ("+861380000001", phones.PhoneTooShort, "only 10"),
        ("12800000001", phones.PhoneStartsWrong, "13 to 19"),
        ("23800000001", phones.PhoneStartsWrong, "13 to 19"),
        ("1380000000a", phones.PhoneHasOtherSigns, "digits only"),
        ("13800000001²", phones.PhoneTooLong, "has 12"),  # a small two is a digit as well
        ("lin@example.com", phones.PhoneHasOtherSigns, "digits only"),
        ("hotel13800000001", phones.PhoneHasOtherSigns, "digits only"),
        ("手机：", phones.PhoneHasOtherSigns, "digits only"),
        ("+85212", phones.ForeignPhoneNotValid, "country code"),
        ("+999123456789", phones.ForeignPhoneNotValid, "country code"),
        ("+", phones.PhoneHasOtherSigns, None),
    ],
)
def test_refused_with_a_reason(typed, error, words):
    with translation.override("en"):
        with pytest.raises(error) as refused:
            phones.parse(typed)
        assert words is None or words in str(refused.value)


@pytest.mark.parametrize(
    ("phone", "gets"),
    [
        ("+8613800000001", True),
        ("+8619912345678", True),
        ("+8616300000001", True),  # a range that the library does not know yet
        ("+8617490000001", False),  # Inmarsat, as China numbers it
        ("+8617400000001", False),  # Tiantong
        ("+8613490000001", False),
        ("+85291234567", True),
        ("+85223456789", False),  # a fixed line
        ("+447400123456", True),
        ("+449061234567", False),  # premium
        ("+448451234567", False),  # shared cost
        ("+12125550123", True),  # either: there they cannot be told apart
        ("+18005550199", False),  # toll-free
        ("+19005550123", False),
        ("+33612345678", False),  # not in the list
        ("+870773111632", False),
        ("+881612345678", False),
        ("+88213300655", False),
        ("+8835100012345", False),
        ("+979123456789", False),
        ("+80012345678", False),
    ],
)
def test_who_gets_codes(settings, phone, gets):
    settings.SMS_COUNTRIES = ["CN", "HK", "GB", "US"]
    assert phones.gets_codes(phone) is gets
    settings.SMS_COUNTRIES = []
    assert not phones.gets_codes(phone)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+8613800000001", "138 **** 0001"), ("+85291234567", "+85 **** 4567"), (None, ""), ("", "")],
)
def test_masked(phone, shown):
    assert phones.mask(phone) == shown
