"""Form fields of members' data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones


class PhoneField(forms.CharField):
    """A phone number as people type it; cleaned to E.164 (``+8613800000001``)."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"})
        )
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("error_messages", {"required": phones.PhoneNotValid.message})
        super().__init__(**kwargs)

    def clean(self, value):
        value = super().clean(value)
        if not value:
            return value
        try:
            return phones.parse(value)
        except phones.PhoneNotValid as error:
            raise forms.ValidationError(str(error), code=error.code) from error

    def prepare_value(self, value):
        """A stored number is shown the way it is typed."""
        return phones.national(value) if isinstance(value, str) else value


def code_widget(maxlength=8):
    """Digits that a phone fills in from the SMS by itself."""
    return forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": maxlength, "autofocus": True}
    )
