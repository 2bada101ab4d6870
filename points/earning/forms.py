"""What is sent about earnings under review."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from points.earning.models import EarningReview
from points.earning.services import review


class AgreeForm(forms.Form):
    """A second person agrees; there is nothing to fill in."""


class RefuseEarningForm(forms.Form):
    """An earning that looked odd is not given, or an appeal is not granted."""

    why = forms.ChoiceField(
        label=_("Reason"),
        help_text=_("The member reads it."),
        choices=[("", "—"), *EarningReview.Why.choices],
        widget=UnfoldAdminSelectWidget,
    )
    words = forms.CharField(
        max_length=review.MOST_WORDS,
        required=False,
        label=_("Words to the member"),
        help_text=_("The member reads them after the reason. “For another reason” needs them."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    note = forms.CharField(
        max_length=review.MOST_NOTE,
        required=False,
        label=_("Note"),
        help_text=_("For staff; the member does not see it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def clean(self):
        if self.cleaned_data.get("why") == EarningReview.Why.OTHER and not self.cleaned_data.get("words"):
            self.add_error("words", _("Say which reason it is."))


class AppealForm(forms.Form):
    """A member speaks against a refusal."""

    words = forms.CharField(
        max_length=review.MOST_APPEAL,
        label=_("Why you should get them"),
        help_text=_("For example: we are a family and use one phone."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
