"""Rules to replay over purchases."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
)

from points.purchases.models import WhatIfRun


class WhatIfForm(forms.Form):
    """Rules to replay, and over which purchases."""

    version = forms.ChoiceField(label=_("Rules"), widget=UnfoldAdminSelectWidget)
    days = forms.TypedChoiceField(
        label=_("Purchases of the last"), choices=WhatIfRun.Days, coerce=int, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = versions
