"""Form fields of members' data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones
from core import texts


class PhoneField(forms.CharField):
    """A phone number as people type it; cleaned to E.164 (``+8613800000001``)."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"})
        )
        kwargs.setdefault("max_length", 64)  # invisible characters may be pasted along
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
        """Show a stored number the way people type it."""
        return phones.national(value) if isinstance(value, str) else value


class EmailField(forms.EmailField):
    """An e-mail address as people type it; kept in small letters."""

    def __init__(self, **kwargs):
        super().__init__(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}), **kwargs)

    def to_python(self, value):
        return texts.typed(super().to_python(value)).lower()


class CodeField(forms.CharField):
    """A code as people type it: full-width digits and spaces are fine. Phones fill it in from an SMS."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 32)
        attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value):
        return texts.code(super().to_python(value))
