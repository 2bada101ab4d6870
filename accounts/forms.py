"""Forms of members: signing in and up, profile, addresses."""

import time

from allauth.account import app_settings
from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateMFAForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import phones, queries, regions
from accounts.fields import CodeField, PhoneField
from accounts.models import User
from core import texts
from core.forms import PlainField


class PhoneForm(forms.Form):
    phone = PhoneField()


class CodeForm(forms.Form):
    code = CodeField(label=_("6-digit code"))


class EmailCodeForm(allauth.ConfirmEmailVerificationCodeForm):
    """The code that went to an e-mail address."""

    code = CodeField(label=_("6-digit code"))


class PasswordResetCodeForm(allauth.ConfirmPasswordResetCodeForm):
    code = CodeField(label=_("6-digit code"))


class SignInForm(allauth.LoginForm):
    """Username, e-mail or phone, and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Mobile number, e-mail or username")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}
        self.fields["password"].help_text = ""

    def clean_login(self):
        """One spelling per name, so that failed attempts are counted together."""
        typed = super().clean_login()
        try:
            return phones.parse(typed)
        except phones.PhoneNotValid:
            name = texts.typed(typed)
        is_old = name != typed and queries.is_username(typed)  # from before usernames were cleaned
        return typed if is_old else name


class _Plain:
    """allauth's password forms without placeholders that repeat the label, and with the rule in one sentence."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        if "email" in self.fields:
            self.fields["email"].label = _("E-mail")
        if "password1" in self.fields:
            self.fields["password1"].help_text = _("At least 8 characters, not digits only, nothing easy to guess.")


class SetPasswordForm(_Plain, allauth.SetPasswordForm):
    pass


class ResetPasswordForm(_Plain, allauth.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_Plain, allauth.ResetPasswordKeyForm):
    pass


class AddEmailForm(_Plain, allauth.AddEmailForm):
    pass


class ReauthenticateForm(_Plain, allauth.ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class AppCodeForm(AuthenticateForm):
    """The second step: six digits of an authenticator app, or a recovery code."""

    code = CodeField(label=_("Code"))


class AppCodeAgainForm(ReauthenticateMFAForm):
    code = CodeField(label=_("Code"))


class AppFirstCodeForm(ActivateTOTPForm):
    code = CodeField(label=_("6 digits of the app"))


class SignUpForm(_Plain, allauth.SignupForm):
    """Username or e-mail, and a password. Phones have their own way."""

    name = forms.CharField(
        label=_("E-mail or username"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order = ["name", "password1"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._email = self.fields.pop("email")
        del self.fields["username"]

    def try_save(self, request):
        if self.account_already_exists:  # takes as long as for a new member
            User().set_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def clean_name(self):
        name = texts.typed(self.cleaned_data["name"])
        if "@" in name:
            self.cleaned_data["email"] = self.validate_unique_email(self._email.clean(name))
            return name
        most = User._meta.get_field("username").max_length
        if len(name) > most:
            raise forms.ValidationError(_("A username has %(most)s letters at most."), params={"most": most})
        self.cleaned_data["username"] = get_adapter().clean_username(name)
        return name


class ChangePasswordForm(_Plain, allauth.ChangePasswordForm):
    """Who just came in with a code to the phone need not know the old password: that is how it is reset."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if came_by_code(context.request):
            del self.fields["oldpassword"]
        else:
            self.fields["oldpassword"].help_text = ""


def came_by_code(request):
    """Whether this session was opened with a code to the phone a few minutes ago (``REAUTHENTICATION_TIMEOUT``)."""
    return any(
        record["method"] == "code" and time.time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        for record in get_authentication_records(request, request.user)
    )


class ProfileForm(forms.Form):
    nickname = PlainField(
        label=_("Nickname"), max_length=16, required=False, widget=forms.TextInput(attrs={"autocomplete": "nickname"})
    )
    birthday = forms.DateField(
        label=_("Birthday"),
        required=False,
        help_text=_("For a gift on the day. It can be set once."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, initial={"nickname": member.nickname}, **kwargs)
        if member.birthday:
            del self.fields["birthday"]


class AddressForm(forms.Form):
    """An address with province, city and district in steps: a list shows once the one above it is chosen.

    A municipality is its own only city, and some places have no lower level: such lists do not show at all.
    """

    name = PlainField(
        label=_("Recipient"),
        max_length=32,
        error_messages={"required": _("Enter who receives the parcel.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = PhoneField()
    province = forms.ChoiceField(label=_("Province"), error_messages={"required": _("Choose a province.")})
    city = forms.ChoiceField(label=_("City"), error_messages={"required": _("Choose a city.")})
    district = forms.ChoiceField(label=_("District"), error_messages={"required": _("Choose a district.")})
    detail = PlainField(
        label=_("Street and number"),
        min_length=2,
        max_length=120,
        error_messages={"required": _("Enter street and number, the courier needs them.")},
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
    )
    label = PlainField(label=_("Label"), max_length=8, required=False)
    is_default = forms.BooleanField(label=_("Use as default address"), required=False)

    def __init__(self, *args, address=None, **kwargs):
        if address:
            kwargs["initial"] = _initial(address)
        super().__init__(*args, **kwargs)
        self.fields["province"].choices = _choices(regions.provinces())
        cities = regions.cities(self["province"].value())
        self._only_city = cities[0].code if len(cities) == 1 else ""
        city = self._only_city or self._chosen_city(cities)
        self._offer("city", () if self._only_city else cities)
        self._offer("district", regions.districts(city))

    def _chosen_city(self, cities):
        """The city, unless it belongs to a province chosen before."""
        city = self["city"].value()
        return city if city in {place.code for place in cities} else ""

    def _offer(self, name, places):
        if places:
            self.fields[name].choices = _choices(places)
        else:
            del self.fields[name]

    @property
    def labels(self):
        """What an address is usually called, and what this one is called."""
        usual = [str(_("Family home")), str(_("Work")), str(_("Parents"))]
        own = self["label"].value()
        return [*usual, own] if own and own not in usual else usual

    @property
    def is_complete(self):
        """Whether the last list is there: no further step is needed to choose a region."""
        return "district" in self.fields or regions.region(self["province"].value() or "") is not None

    def clean(self):
        data = super().clean()
        code = data.get("district") or data.get("city") or self._only_city or data.get("province") or ""
        lists_are_right = not {"province", "city", "district"} & set(self.errors)
        if lists_are_right and regions.region(code) is None:
            raise forms.ValidationError(_("Choose province, city and district."))
        data["region_code"] = code
        return data

    def saved(self):
        """Keyword arguments for ``services.save_address``."""
        names = ("name", "phone", "region_code", "detail", "label", "is_default")
        return {name: self.cleaned_data[name] for name in names}


def _initial(address):
    province, city, district = regions.path_to(address.region_code)
    names = ("name", "phone", "detail", "label", "is_default")
    return {name: getattr(address, name) for name in names} | {"province": province, "city": city, "district": district}


def _choices(places):
    return [("", _("Please choose")), *((place.code, place.name) for place in places)]
