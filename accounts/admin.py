"""Staff find members, let them in or lock them out; superusers decide who is staff."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import phones, queries, services
from accounts.models import User
from core import actors, clock, codes
from core.errors import DomainError
from core.staff import StaffAdmin

# Members manage these themselves, and groups have our own page; Django's pages would bypass every check.
for model in (EmailAddress, Authenticator, UserSession, Group):
    admin.site.unregister(model)


class StaffSignInForm(AuthenticationForm):
    """Sign-in at ``/admin/login/``: counted and slowed down like members' sign-in (A3)."""

    def clean(self):
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            adapter = get_adapter(self.request)
            self.user_cache = adapter.authenticate(self.request, username=username, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user):  # this page asks for one step only
            raise forms.ValidationError(_("Your account has a second step. Sign in on the members' page first."))


admin.site.login_form = StaffSignInForm


class CheckedForm(forms.ModelForm):
    """A form whose service may refuse the input; the refusal is shown on the form. ``by`` is the user who sends it."""

    by = None

    def clean(self):
        data = super().clean()
        if not self.errors:
            try:
                self.check(data)
            except DomainError as error:
                raise forms.ValidationError(str(error)) from error
        return data


class CheckedAdmin(StaffAdmin):
    """Tells the form who sends it."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = actors.staff(request.user.pk)
        return form


class StaffForm(CheckedForm):
    def check(self, data):
        if "is_staff" in data:
            services.check_staff(member=self.instance, is_staff=data["is_staff"], by=self.by)


class GroupForm(CheckedForm):
    def check(self, data):
        if "permissions" in data:
            services.check_group(group=self.instance, permissions=data["permissions"], by=self.by)


@admin.register(User)
class UserAdmin(CheckedAdmin):
    form = StaffForm
    list_display = ["number", "shown_name", "shown_phone", "shown_email", "shown_active", "is_staff", "date_joined"]
    list_display_links = ["number", "shown_name"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["=phone", "=email", "=username"]
    search_help_text = _("the whole mobile number, e-mail address or username")
    show_full_result_count = False
    ordering = ["-pk"]
    actions = ["let_in", "keep_out"]
    fieldsets = [
        (None, {"fields": ["nickname", "username", "phone", "phone_verified", "email", "date_joined", "last_login"]}),
        (_("Staff"), {"fields": ["is_active", "is_staff", "groups", "is_superuser"]}),
        (_("Trail"), {"fields": ["trail"]}),
    ]
    for_superusers = ["is_staff", "groups"]

    def get_search_results(self, request, queryset, search_term):
        try:
            return queryset.filter(phone=phones.parse(search_term)), False
        except phones.PhoneNotValid:
            return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request, obj=None):
        names = [name for _title, options in self.fieldsets for name in options["fields"]]
        return [name for name in names if name not in self.for_superusers or not request.user.is_superuser]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if request.user.is_superuser:  # nobody else may change anything here
            services.set_staff(
                member=obj,
                is_staff=form.cleaned_data["is_staff"],
                groups=form.cleaned_data["groups"],
                by=actors.staff(request.user.pk),
                at=clock.now(),
            )

    def save_related(self, request, form, formsets, change):
        """Nothing: the service has saved the groups."""

    @display(description=_("number"), ordering="pk")
    def number(self, user):
        return user.pk

    @display(description=_("shown name"))
    def shown_name(self, user):
        return user.display_name

    @display(description=_("phone"))
    def shown_phone(self, user):
        return user.masked_phone

    @display(description=_("e-mail"))
    def shown_email(self, user):
        return user.masked_email

    @display(description=_("may sign in"), boolean=True)
    def shown_active(self, user):
        return user.is_active

    @display(description=_("Trail"))
    def trail(self, user):
        """The audit events about this member, newest first."""
        trail = list(queries.trail_of(user))
        who, what = actors.names(event.by for event in trail), codes.events({event.event for event in trail})
        rows = ((f"{timezone.localtime(event.at):%Y-%m-%d %H:%M}", what[event.event], who[event.by]) for event in trail)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}</li>", rows))

    @action(description=_("Let in"), permissions=["change"])
    def let_in(self, request, queryset):
        self._set_active(request, queryset, active=True)

    @action(description=_("Keep out"), permissions=["change"])
    def keep_out(self, request, queryset):
        self._set_active(request, queryset.exclude(pk=request.user.pk), active=False)

    def _set_active(self, request, queryset, *, active):
        if not request.user.is_superuser:
            queryset = queryset.filter(is_staff=False, is_superuser=False)
        by, at = actors.staff(request.user.pk), clock.now()
        try:
            with transaction.atomic():
                count = sum(services.set_active(member=member, active=active, by=by, at=at) for member in queryset)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, ngettext("%d member was changed.", "%d members were changed.", count) % count)


@admin.register(Group)
class GroupAdmin(CheckedAdmin):
    """What each group of staff may do (A10)."""

    form = GroupForm
    search_fields = ["name"]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Permissions on the tables that have staff pages, plus those that the group already has."""
        field = super().formfield_for_manytomany(db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget)
        apps = {model._meta.app_label for model in self.admin_site._registry}
        group = request.resolver_match.kwargs.get("object_id")
        own = Q(group=group) if group else Q()  # Q() adds nothing; a new group has none
        field.queryset = field.queryset.filter(Q(content_type__app_label__in=apps) | own).distinct()
        field.label_from_instance = _permission_in_words
        return field

    def has_delete_permission(self, request, obj=None):
        """Only if the user could take away each of the group's permissions."""
        if obj is not None and super().has_delete_permission(request, obj):
            try:
                services.check_group(group=obj, permissions=[], by=actors.staff(request.user.pk))
            except DomainError:
                return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        permissions = form.cleaned_data["permissions"]
        services.save_group(group=obj, permissions=permissions, by=actors.staff(request.user.pk), at=clock.now())

    def save_related(self, request, form, formsets, change):
        """Nothing: the service has saved the permissions."""

    def delete_model(self, request, obj):
        services.delete_group(group=obj, by=actors.staff(request.user.pk), at=clock.now())

    def delete_queryset(self, request, queryset):
        for group in queryset:
            self.delete_model(request, group)


ACTS = {"add": _("Add"), "change": _("Change"), "delete": _("Delete"), "view": _("View")}


def _permission_in_words(permission):
    """Django stores permission names in English; those that we declare have a translation."""
    act, _sign, model = permission.codename.partition("_")
    what = ACTS[act] if act in ACTS and model == permission.content_type.model else gettext(permission.name)
    return f"{permission.content_type.app_labeled_name} | {what}"
