"""Building blocks of the staff pages: read-only tables, and acts as pages with one form and one service call."""

from functools import cache

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from core import codes
from core.clock import FIRST_YEAR, LAST_YEAR
from core.errors import DomainError
from core.forms import InTable
from core.models import Approval


def waits(approval):
    """For ``act_page``: where to go, and what to say, when a request waits for a second person."""
    url = reverse("admin:core_approval_change", args=[approval.pk])
    return url, _("This needs a second person. The request waits.")


class LookOnly:
    """Rows that only services change can be viewed, never edited."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class InWords:
    """Columns that hold codes (``core.codes.COLUMNS``) are shown in words; sorting and searching still use the code."""

    def get_list_display(self, request):
        return [self._worded(name) for name in super().get_list_display(request)]

    def get_fieldsets(self, request, obj=None):
        return [
            (title, {**options, "fields": [self._worded(name) for name in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request, obj=None):
        """The words are never typed, wherever they stand."""
        named = [field.name for field in self.model._meta.fields]
        words = [shown for name in named if isinstance(shown := self._worded(name), Column)]
        return [*super().get_readonly_fields(request, obj), *words]

    def _worded(self, name):
        """``name``, or the ``Column`` that replaces it; a tuple of names is one line of the page."""
        if isinstance(name, (tuple, list)):
            return tuple(self._worded(part) for part in name)
        is_own = not isinstance(name, str) or name not in codes.COLUMNS or hasattr(self, name)
        field = None if is_own else next((f for f in self.model._meta.fields if f.name == name), None)
        return name if field is None or field.choices else column(field)


class Column:
    """Shows a field that holds a code: ``name`` of the field, and what admin reads of a column."""

    def __init__(self, field):
        self.name = self.__name__ = self.admin_order_field = field.name
        self.short_description = field.verbose_name

    def __call__(self, row):
        known = getattr(row, "in_words", {}).get(self.name, {})
        code = getattr(row, self.name)
        return known[code] if code in known else codes.COLUMNS[self.name]([code])[code]

    def look_up(self, rows):
        """The words for all ``rows`` at once: a list makes no query for each of them."""
        words = codes.COLUMNS[self.name]({getattr(row, self.name) for row in rows})
        for row in rows:
            row.in_words = {**getattr(row, "in_words", {}), self.name: words}


column = cache(Column)


LOOKUPS = {"exact", "in", "isnull", "isempty", "gte", "gt", "lte", "lt", "year", "month", "day", "id", "pk"}


class StaffAdmin(ModelAdmin):
    """A table that can be filtered only by the filters that its page offers.

    Django lets a URL filter by any column. Anyone who may see the list could read masked or hidden columns that way,
    letter by letter, even password hashes.
    """

    def lookup_allowed(self, lookup, value, request=None):
        for name in self._offered():
            if lookup == name or lookup.startswith(f"{name}__"):
                return set(lookup.removeprefix(name).split("__")) - {""} <= LOOKUPS
        return False

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, **{"form": InTable, **kwargs})

    def _offered(self):
        """Names that the filters of the page use: a field's, or one of a filter's own."""
        for entry in (*self.list_filter, self.date_hierarchy):
            if isinstance(entry, type):
                yield entry.parameter_name
            elif entry:
                yield entry if isinstance(entry, str) else entry[0]


class StaffPages:
    """For a ``ModelAdmin``: further pages in the frame of the staff pages."""

    def page(self, request, template, **context):
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})

    def act_page(self, request, form, act, *, title, label, back_url, facts=(), warnings=(), tables=(), tone="primary"):
        """Show ``form``. When it is valid, ``act(data)`` calls one service and returns where to go and what to say:
        ``(url, text)``. A refusal is shown on the page, with what was typed kept. Above the form are ``facts`` (pairs),
        ``warnings`` (sentences) and ``tables`` as unfold draws them, each with a title."""
        if request.method == "POST" and form.is_valid():
            try:
                url, text = act(form.cleaned_data)
            except DomainError as error:
                form.add_error(None, ValidationError(str(error), code=error.code))
            else:
                messages.success(request, text)
                return redirect(url)
        return self.page(
            request,
            "core/admin/act.html",
            title=title,
            form=form,
            label=label,
            back_url=back_url,
            facts=facts,
            warnings=warnings,
            tables=tables,
            is_danger=tone == "danger",
        )


class LookOnlyAdmin(InWords, LookOnly, StaffPages, StaffAdmin):
    """A table that staff with the view permission may look at, and the acts on its rows."""

    list_per_page = 50
    show_full_result_count = False

    def get_changelist_instance(self, request):
        """A list by date accepts only years that are safe to calculate with: Django accepts any year and fails at the
        last."""
        year = request.GET.get(f"{self.date_hierarchy}__year", "")
        if year.isdecimal() and not FIRST_YEAR <= int(year[:5]) <= LAST_YEAR:
            raise Http404
        changelist = super().get_changelist_instance(request)
        for shown in changelist.list_display:
            if isinstance(shown, Column):
                shown.look_up(changelist.result_list)
        return changelist

    def facts(self, row):
        """Pairs shown above an act on a row."""
        return []

    def act_on(self, request, object_id, form_class, act, **words):
        """A page for one act on one row: ``act(row, data)`` calls one service and returns what to say, or the waiting
        ``Approval``."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        form = form_class(request.POST if request.method == "POST" else None)

        def run(data):
            told = act(row, data)
            return waits(told) if isinstance(told, Approval) else (url, told)

        return self.act_page(request, form, run, back_url=url, facts=self.facts(row), **words)


class LookOnlyInline(InWords, LookOnly, TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_view_permission(self, request, obj=None):
        """Those who may see the parent row may see its parts."""
        return True


def reason_field():
    """Whoever has to approve a large change reads it."""
    return forms.CharField(
        required=False,
        max_length=200,
        label=_("Why"),
        help_text=_("Where the change needs a second person, they read it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
