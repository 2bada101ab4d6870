"""A table as a field of the staff's forms."""

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.forms import ChooseAgain, OnceSent
from core.tables import ENDINGS
from core.tables.errors import FileTooLarge


class TableInput(ChooseAgain, UnfoldAdminFileFieldWidget):
    pass


class TableField(OnceSent, forms.FileField):
    """A file with a table, of at most ``most_bytes``."""

    def __init__(self, *, most_bytes, **kwargs):
        self.most_bytes = most_bytes
        super().__init__(widget=TableInput(attrs={"accept": ENDINGS}), **kwargs)

    def clean(self, data, initial=None):
        file = super().clean(data, initial)
        if file and file.size > self.most_bytes:
            raise forms.ValidationError(str(FileTooLarge(most=self.most_bytes >> 20)))
        return file
