"""Staff write scripts, try them, and return to earlier versions (C7); and see to what the rules report."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from core import actors, clock
from core.errors import DomainError
from core.models import Approval
from core.staff import LookOnlyAdmin, waits
from points import wording
from points.admin.rule_forms import ScriptForm, SourceForm
from points.models import RuleAlert, Script
from points.queries import alerts as queries
from points.rules.builtin import TIER_CHOICES
from points.services import alerts, releasing, scripts

WRITE = "points.write_scripts"
VERSIONS = 30


@admin.register(Script)
class ScriptAdmin(LookOnlyAdmin):
    list_display = ["name", "code", "serving", "created_at", "by"]
    ordering = ["code"]

    def has_view_permission(self, request, obj=None):
        return any(request.user.has_perm(name) for name in ("points.view_script", WRITE))

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm(WRITE)

    @display(description=gettext_lazy("serving version"))
    def serving(self, script):
        version = scripts.serving(script)
        return version.number if version else "—"

    def add_view(self, request, form_url="", extra_context=None):
        """A new script with its first version."""
        if not self.has_add_permission(request):
            raise PermissionDenied

        def act(data):
            script = scripts.create(**data, by=actors.staff(request.user.pk), at=clock.now())
            return _page(script), _("Saved. A version of the rules can name it now.")

        return self.act_page(
            request,
            ScriptForm(request.POST or None, initial={"source": scripts.SAMPLE}),
            act,
            title=_("New script"),
            label=_("Save"),
            back_url=reverse("admin:points_script_changelist"),
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The source of the serving version, a place to try it, and all versions."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        script = self.get_object(request, object_id)
        if script is None:
            raise Http404
        serving = scripts.serving(script)
        form = SourceForm(
            request.POST or None, initial={"source": serving.source if serving else script.versions.first().source}
        )
        results = None
        if request.method == "POST":
            if not request.user.has_perm(WRITE):
                raise PermissionDenied
            try:
                if "version" in request.POST:
                    return self._return(request, script)
                if form.is_valid():
                    if request.POST.get("act") == "save":
                        return self._save(request, script, form.cleaned_data)
                    results = self._try(form.cleaned_data)
            except DomainError as error:
                form.add_error("source" if "source" in form.fields and form.is_bound else None, str(error))
        return self.page(
            request,
            "points/admin/script.html",
            title=script.name,
            script=script,
            form=form,
            results=results,
            serving=serving,
            versions=script.versions.all()[:VERSIONS],
            may_write=request.user.has_perm(WRITE),
            back_url=reverse("admin:points_script_changelist"),
        )

    def _save(self, request, script, data):
        by, at = actors.staff(request.user.pk), clock.now()
        saved = releasing.save_script(script=script, source=data["source"], reason=data["reason"], by=by, at=at)
        if isinstance(saved, Approval):
            return self._wait(request, saved)
        if saved.failed_at:
            messages.error(
                request,
                _("Version %(number)s fails when it is tried: %(why)s The version before it goes on serving.")
                % {"number": saved.number, "why": saved.failure},
            )
        else:
            messages.success(request, _("Version %(number)s serves now.") % {"number": saved.number})
        return redirect(_page(script))

    def _return(self, request, script):
        number = request.POST["version"]
        version = script.versions.filter(number=number).first() if number.isdecimal() and len(number) < 10 else None
        if version is None:
            raise Http404
        back = releasing.return_to_script(version=version, by=actors.staff(request.user.pk), at=clock.now())
        if isinstance(back, Approval):
            return self._wait(request, back)
        messages.success(request, _("Version %(number)s serves now.") % {"number": version.number})
        return redirect(_page(script))

    @staticmethod
    def _wait(request, approval):
        url, text = waits(approval)
        messages.success(request, text)
        return redirect(url)

    def _try(self, data):
        """Rows of ``(tier, yuan, imported, points, why not)``; what was asked for comes first."""
        scripts.check_syntax(data["source"])
        asked = (
            [(data["tier"], data["amount"], data["is_imported"])] if data["tier"] and data["amount"] is not None else []
        )
        names = dict(TIER_CHOICES)
        return [
            (names[tier], amount, is_imported, points, why)
            for (tier, amount, is_imported), points, why in scripts.try_out(data["source"], (*asked, *scripts.TRIALS))
        ]


@admin.register(RuleAlert)
class RuleAlertAdmin(LookOnlyAdmin):
    """What the rules reported: open ones until somebody has seen to them."""

    list_display = ["opened_at", "in_words", "state_label", "closed_at", "closed_by"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter)]
    list_filter_sheet = False
    fields = ["opened_at", "in_words", "closed_at", "closed_by"]
    readonly_fields = ["in_words"]
    ordering = ["-pk"]
    actions = ["close"]

    def has_close_permission(self, request):
        return request.user.has_perm("points.close_rulealert")

    @display(description=gettext_lazy("what it reports"))
    def in_words(self, alert):
        return wording.alert(alert)

    @display(description=gettext_lazy("state"), label={"open": "danger", "closed": "base"})
    def state_label(self, alert):
        return ("closed", _("seen to")) if alert.closed_at else ("open", _("not seen to yet"))

    @action(description=gettext_lazy("Mark as seen to"), permissions=["close"])
    def close(self, request, queryset):
        """They were seen to."""
        count = alerts.close_alerts(
            pks=list(queryset.values_list("pk", flat=True)), by=actors.staff(request.user.pk), at=clock.now()
        )
        messages.success(request, ngettext("%d alert is closed.", "%d alerts are closed.", count) % count)


def open_alerts(request):
    """How many alerts are open, for the sidebar; empty when there are none."""
    return queries.how_many_open() or ""


def _page(script):
    return reverse("admin:points_script_change", args=[script.pk])
