"""Forms of members: signing in and up, profile, addresses."""

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateMFAForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts import limits, phones, proof, queries, regions
from accounts.fields import CodeField, EmailField, PhoneField
from accounts.models import User, mask_email
from accounts.services import MOST_EMAILS, TooManyEmails, UsernameTaken
from core import clock, texts, visitor
from core.forms import PlainField


class PhoneForm(forms.Form):
    phone = PhoneField()


class CodeForm(forms.Form):
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
        name = texts.typed(typed)
        if name[:1].isalpha() and queries.is_username(name):  # some are older than the refusal of tel138...
            return name
        try:
            return phones.parse(typed)
        except phones.PhoneNotValid:
            is_old = name != typed and queries.is_username(typed)  # from before usernames were cleaned
            return typed if is_old else name


PASSWORD_RULE = _("At least 8 characters, not digits only, nothing easy to guess.")


def plain(form):
    """A password form of allauth, without placeholders that repeat the label and with the password rule in one
    sentence."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    form.fields["password1"].help_text = PASSWORD_RULE
    return form


class SetPasswordForm(allauth.SetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self)


class ChangePasswordForm(allauth.ChangePasswordForm):
    """The old password serves as proof. Members who proved who they are in another way need not know it and set a new
    one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self)
        if proof.is_fresh(context.request):
            del self.fields["oldpassword"]
        else:
            self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self):
        if not get_adapter().reauthenticate(self.user, self.cleaned_data["oldpassword"]):
            raise get_adapter().validation_error("enter_current_password")
        return self.cleaned_data["oldpassword"]


class ResetPasswordForm(forms.Form):
    email = EmailField()


class AddEmailForm(forms.Form):
    email = EmailField()

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        self._member = member

    def clean_email(self):
        email = self.cleaned_data["email"]
        mine = queries.emails_of(self._member).values_list("email", flat=True)
        if email in mine:
            raise forms.ValidationError(_("You have this address already."))
        if len(mine) >= MOST_EMAILS:
            raise forms.ValidationError(str(TooManyEmails(most=MOST_EMAILS)))
        return email


class ReauthenticateForm(allauth.ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""


class ProofForm(forms.Form):
    """Where to send the code that proves who is using the session: the index of one of the member's ``ways``."""

    way = forms.TypedChoiceField(label=_("Where to"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args, ways, **kwargs):
        super().__init__(*args, **kwargs)
        self._ways = ways
        self.fields["way"].choices = list(enumerate(mask_email(way) or phones.mask(way) for way in ways))
        self.fields["way"].initial = 0

    @property
    def to(self):
        return self._ways[self.cleaned_data["way"]]


class _Counted:
    """Counts guesses at codes of an authenticator app and recovery codes, like guesses at codes that the mall sends."""

    def clean_code(self):
        guess = {"member": self.user, "address": visitor.network(context.request), "at": clock.now()}
        try:
            limits.guess_app_code(**guess)
        except limits.TooManyGuesses as error:
            raise forms.ValidationError(str(error)) from error
        code = super().clean_code()
        limits.right_app_code(**guess)
        return code


class AppCodeForm(_Counted, AuthenticateForm):
    """The second step: six digits from an authenticator app, or a recovery code."""

    code = CodeField(label=_("Code"))


class AppCodeAgainForm(_Counted, ReauthenticateMFAForm):
    code = CodeField(label=_("Code"))


class AppFirstCodeForm(ActivateTOTPForm):
    code = CodeField(label=_("6 digits of the app"))


class SignUpForm(forms.Form):
    """Username or e-mail, and a password. Phones have their own way.

    Whether a username is taken is checked last, when everything else is right: anyone who probes for names creates a
    member with each name that is free.
    """

    name = PlainField(
        label=_("E-mail or username"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_RULE,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_name(self):
        name = texts.typed(self.cleaned_data["name"])
        if "@" in name:
            self.cleaned_data["email"] = EmailField().clean(name)
            return name
        username = User._meta.get_field("username")
        if len(name) > username.max_length:
            raise forms.ValidationError(
                _("A username has %(most)s letters at most."), params={"most": username.max_length}
            )
        username.run_validators(name)
        self.cleaned_data["username"] = name
        return name

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        member = User(username=data.get("username"), email=data.get("email"))
        try:
            validate_password(data["password1"], member)
        except forms.ValidationError as error:
            self.add_error("password1", error)
        else:
            self._refuse_taken(member.username)
        return data

    def _refuse_taken(self, username):
        if not username:
            return
        try:
            limits.ask_name(address=visitor.network(context.request), at=clock.now())
        except limits.TooManyNames as error:
            raise forms.ValidationError(str(error)) from error
        if queries.is_username_taken(username):
            self.add_error("name", UsernameTaken.message)


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

    A municipality is its own only city, and some places have no lower level: such lists are not shown.
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
        """The city, unless it belongs to a previously chosen province."""
        city = self["city"].value()
        return city if city in {place.code for place in cities} else ""

    def _offer(self, name, places):
        if places:
            self.fields[name].choices = _choices(places)
        else:
            del self.fields[name]

    @property
    def labels(self):
        """The usual labels of addresses, plus the label of this one."""
        usual = [str(_("Family home")), str(_("Work")), str(_("Parents"))]
        own = self["label"].value()
        return [*usual, own] if own and own not in usual else usual

    @property
    def is_complete(self):
        """Whether the last list is shown, so that no further step is needed to choose a region."""
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
