"""What staff may send about earning rules and scripts."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.finding import find_members
from core.admin import parameter_field
from core.forms import DateTimeField, DecimalField, IntegerField, PlainField
from core.staff import reason_field
from points.earning.models import Script
from points.earning.rules import engine
from points.earning.rules.builtin import TIER_CHOICES
from points.earning.rules.presets import PRESETS
from points.earning.rules.sandbox import MOST_CHARACTERS
from points.earning.services.rule_sets import MOST_TRANSITION_DAYS

MOMENT = "%Y-%m-%dT%H:%M"


class MomentWidget(UnfoldAdminTextInputWidget):
    input_type = "datetime-local"


class SourceWidget(UnfoldAdminTextareaWidget):
    """For code: one width for all letters, no corrections by the browser."""

    def __init__(self):
        super().__init__(
            {"rows": 18, "spellcheck": "false", "autocapitalize": "off", "style": "font-family: monospace"}
        )


def moment_field(**options):
    """A moment in the shop's time zone; empty stands for now."""
    return DateTimeField(
        required=False, input_formats=[MOMENT], widget=MomentWidget, help_text=_("Empty: at once."), **options
    )


def moment(at):
    """As such a field shows it first."""
    return timezone.localtime(at).strftime(MOMENT)


class DraftForm(forms.Form):
    name = PlainField(max_length=100, label=_("Name"), widget=UnfoldAdminTextInputWidget)
    source = forms.ChoiceField(label=_("Begin with"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [
            (_("Versions"), [(str(version), f"{version} {version.name}") for version in versions]),
            (_("Well-known rules"), [(preset.code, preset.label) for preset in PRESETS.values()]),
            ("", _("Nothing")),
        ]
        self.fields["source"].required = False


class NameForm(forms.Form):
    name = PlainField(max_length=100, label=_("Name"), widget=UnfoldAdminTextInputWidget)


class AddRuleForm(forms.Form):
    rule = forms.ChoiceField(label=_("Rule"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [(code, rule.label) for code, rule in engine.registered().items()]


class FiguresForm(forms.Form):
    """The figures of one rule: typed, in their range, with their words."""

    def __init__(self, *args, rule_class, figures, **kwargs):
        super().__init__(*args, **kwargs)
        for parameter in rule_class.fields:
            first = figures.get(parameter.name, parameter.default)
            field = parameter_field(parameter, initial=first)
            if rule_class.code == "script" and parameter.name == "script":
                choices = list(Script.objects.values_list("code", "name"))
                field = forms.ChoiceField(
                    choices=choices, label=parameter.label, initial=first, widget=UnfoldAdminSelectWidget
                )
            field.help_text = _hint(parameter)
            self.fields[parameter.name] = field


def _hint(parameter):
    parts = [str(parameter.help)] if parameter.help else []
    if parameter.least is not None and parameter.most is not None:
        unit = f" {parameter.unit}" if parameter.unit else ""
        parts.append(_("From %(least)s to %(most)s.") % {"least": parameter.least, "most": f"{parameter.most}{unit}"})
    return " ".join(map(str, parts))


class PilotsField(forms.CharField):
    """Members, one a line: phone, e-mail, username or number. Cleaned to a list of ids."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def clean(self, value):
        names = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        found = find_members(names)
        if unknown := [name for name in names if name not in found]:
            raise forms.ValidationError(_("Nobody is known as %(name)s.") % {"name": unknown[0]})
        return sorted(set(found.values()))


def pilots_field():
    return PilotsField(
        required=False,
        label=_("Pilot members"),
        help_text=_("One a line: phone, e-mail, username or number. They are served whatever the percentage."),
    )


class ReleaseForm(forms.Form):
    starts_at = moment_field(label=_("Starts at"))
    percent = IntegerField(
        min_value=0,
        max_value=100,
        initial=100,
        label=_("Percent of members"),
        help_text=_("The same members all the time, drawn by their number. 0: the pilots alone."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    pilots = pilots_field()
    transition_days = IntegerField(
        min_value=0,
        max_value=MOST_TRANSITION_DAYS,
        initial=0,
        label=_("Days of transition"),
        help_text=_("So long after the start the version before counts too where it gives more."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    announcement = forms.CharField(
        required=False,
        max_length=500,
        label=_("Announcement"),
        help_text=_("Stands on the rules page until the start, and goes to the inbox of those it concerns."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    confirmed = forms.BooleanField(
        required=False,
        label=_("The rules are meant so"),
        help_text=_("I have read the warnings and looked at the examples."),
        widget=UnfoldBooleanSwitchWidget,
    )
    reason = reason_field()

    def __init__(self, *args, is_doubtful, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_doubtful:
            del self.fields["confirmed"]


class WidenForm(forms.Form):
    percent = IntegerField(
        min_value=0, max_value=100, label=_("Percent of members"), widget=UnfoldAdminIntegerFieldWidget
    )
    starts_at = moment_field(label=_("From when on"))
    reason = reason_field()


class PilotsForm(forms.Form):
    members = pilots_field()
    reason = reason_field()


class ConfirmForm(forms.Form):
    """Nothing to fill in."""


class StopForm(forms.Form):
    """``then``: the numbers of the versions that were shown as serving afterwards."""

    then = forms.RegexField(r"^(\d{1,9}(,\d{1,9})*)?$", required=False, widget=forms.HiddenInput)
    agreed = forms.BooleanField(label=_("These versions shall serve afterwards"), widget=UnfoldBooleanSwitchWidget)

    reason = reason_field()

    def clean_then(self):
        return [int(number) for number in self.cleaned_data["then"].split(",") if number]


class ScriptForm(forms.Form):
    code = forms.SlugField(
        max_length=50,
        label=_("Short name"),
        help_text=_("By it rules name the script; it stays."),
        widget=UnfoldAdminTextInputWidget,
    )
    name = PlainField(
        max_length=100,
        label=_("Name"),
        help_text=_("Members read it in their history."),
        widget=UnfoldAdminTextInputWidget,
    )
    source = forms.CharField(max_length=MOST_CHARACTERS, strip=False, label=_("Source text"), widget=SourceWidget)


class SourceForm(forms.Form):
    """The source of a script, and a purchase to try it on."""

    source = forms.CharField(max_length=MOST_CHARACTERS, strip=False, label=_("Source text"), widget=SourceWidget)
    tier = forms.ChoiceField(
        choices=TIER_CHOICES, initial="gold", required=False, label=_("Tier"), widget=UnfoldAdminSelectWidget
    )
    amount = DecimalField(
        min_value=0,
        max_value=10_000_000,
        decimal_places=2,
        initial=Decimal("100.5"),
        required=False,
        label=_("Yuan"),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    is_imported = forms.BooleanField(required=False, label=_("Imported"), widget=UnfoldBooleanSwitchWidget)


class ServeForm(forms.Form):
    """A version of a script shall serve."""

    reason = reason_field()
