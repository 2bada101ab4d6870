"""Fields of forms for what people type: numbers and names, cleaned the same way everywhere (``core.texts``)."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core import texts
from core.clock import is_in_calendar


class PlainField(forms.CharField):
    """A line of text without invisible characters: a name, a note, a number with letters."""

    def to_python(self, value):
        return texts.plain(super().to_python(value))


class _TypedNumber:
    """A number as typed or pasted, such as ``1,234.50`` or ``￥88``. A "number" input of a browser would not accept
    these."""

    keys = "decimal"

    def widget_attrs(self, widget):
        widget.input_type = "text"
        may_be_negative = self.min_value is None or self.min_value < 0  # phone keypads of this mode have no minus
        return {"inputmode": "text" if may_be_negative else self.keys}

    def to_python(self, value):
        return super().to_python(texts.number(value) if isinstance(value, str) else value)


class IntegerField(_TypedNumber, forms.IntegerField):
    keys = "numeric"


class DecimalField(_TypedNumber, forms.DecimalField):
    pass


class _InCalendar:
    """A date or moment that is safe to calculate with."""

    def to_python(self, value):
        found = super().to_python(value)
        if found is not None and not is_in_calendar(found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class DateField(_InCalendar, forms.DateField):
    pass


class DateTimeField(_InCalendar, forms.DateTimeField):
    pass


class OnceSent:
    """For fields of staff that take a file: no browser sends it twice, so a form that comes back says so beside it."""

    def bound_data(self, data, initial):
        return data if isinstance(data, UploadedFile) else super().bound_data(data, initial)


class ChooseAgain:
    """The input of such a field."""

    def render(self, name, value, attrs=None, renderer=None):
        html = super().render(name, value, attrs, renderer)
        if isinstance(value, UploadedFile):
            text = _("Please choose “%(name)s” again: a file does not stay in a form that comes back.")
            html += format_html('<p class="mt-2 text-red-700 dark:text-red-400">{}</p>', text % {"name": value.name})
        return html


class InTable(forms.ModelForm):
    """A line of a table whose fields can be changed: the head of its column is said with each, which is no label."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label
