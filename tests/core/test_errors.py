from django.utils import translation

from core.errors import Busy, DomainError, InvalidInput


def test_a_refusal_reads_in_the_language_of_the_reader():
    error = Busy()
    with translation.override("en"):
        assert str(error).startswith("Too many people at once")
    with translation.override("zh-hans"):
        assert "请再试一次" in str(error)


def test_details_are_filled_in():
    with translation.override("en"):
        assert str(InvalidInput(field="points")) == "points is not valid."


def test_a_per_cent_sign_needs_no_details():
    class Discount(DomainError):
        message = "At most 50 % can be paid with points."

    assert str(Discount()) == "At most 50 % can be paid with points."
