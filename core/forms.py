"""Fields of forms for what people type: numbers and names, cleaned the same way everywhere (``core.texts``)."""

from django import forms
from django.core.exceptions import ValidationError

from core import texts
from core.clock import is_in_calendar


class PlainField(forms.CharField):
    """A line of text in which everything can be seen: a name, a note, a number with letters."""

    def to_python(self, value):
        return texts.plain(super().to_python(value))


class _TypedNumber:
    """A number as it is typed or pasted, ``1,234.50`` or ``￥88``. Browsers keep such out of "number" inputs."""

    keys = "decimal"

    def widget_attrs(self, widget):
        widget.input_type = "text"
        may_be_negative = self.min_value is None or self.min_value < 0  # such keypads of phones have no minus
        return {"inputmode": "text" if may_be_negative else self.keys}

    def to_python(self, value):
        return super().to_python(texts.number(value) if isinstance(value, str) else value)


class IntegerField(_TypedNumber, forms.IntegerField):
    keys = "numeric"


class DecimalField(_TypedNumber, forms.DecimalField):
    pass


class _InCalendar:
    """A day or a moment with which one can reckon."""

    def to_python(self, value):
        found = super().to_python(value)
        if found is not None and not is_in_calendar(found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class DateField(_InCalendar, forms.DateField):
    pass


class DateTimeField(_InCalendar, forms.DateTimeField):
    pass


class InTable(forms.ModelForm):
    """A line of a table whose fields can be changed: the head of its column is said with each, which is no label."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label
