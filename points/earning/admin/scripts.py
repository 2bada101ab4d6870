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
from points.earning import wording
from points.earning.admin.rule_forms import ScriptForm, ServeForm, SourceForm
from points.earning.models import RuleAlert, Script
from points.earning.queries import alerts as queries
from points.earning.rules.builtin import TIER_CHOICES
from points.earning.services import alerts, releasing, scripts

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
            script = scripts.create(**data, **_who(request))
            return _page(script, 1), _("Saved as a draft. Look at what it gives, then let it serve.")

        return self.act_page(
            request,
            ScriptForm(request.POST or None, initial={"source": scripts.sample()}),
            act,
            title=_("New script"),
            label=_("Save as a draft"),
            back_url=reverse("admin:points_script_changelist"),
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A source to change and try, and all versions. ``?try=3`` shows what version 3 gives, beside the one that
        serves: the way to let it serve leads over it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        script = self.get_object(request, object_id)
        if script is None:
            raise Http404
        serving = scripts.serving(script)
        tried = self._version(script, request.GET["try"]) if "try" in request.GET else None
        shown = tried or serving or script.versions.first()
        form = SourceForm(request.POST or None, initial={"source": shown.source})
        results = self._results(tried.source, serving) if tried else None
        if request.method == "POST":
            if not request.user.has_perm(WRITE):
                raise PermissionDenied
            try:
                if request.POST.get("act") == "serve" and tried is not None:
                    return self._serve(request, tried, request.POST.get("reason", "")[:200])
                if form.is_valid():
                    if request.POST.get("act") == "save":
                        return self._save(request, script, form.cleaned_data["source"])
                    results, tried = self._try(form.cleaned_data, serving), None
            except DomainError as error:
                form = SourceForm(request.POST if "source" in request.POST else None, initial={"source": shown.source})
                messages.error(request, str(error))
        return self.page(
            request,
            "points/admin/script.html",
            title=script.name,
            script=script,
            form=form,
            results=results,
            tried=tried,
            serve_form=ServeForm() if tried and not any(why for *_trial, why, _now in results) else None,
            serving=serving,
            versions=actors.named(script.versions.all()[:VERSIONS]),
            may_write=request.user.has_perm(WRITE),
            back_url=reverse("admin:points_script_changelist"),
        )

    def _save(self, request, script, source):
        version = scripts.save(script=script, source=source, **_who(request))
        messages.success(
            request,
            _("Version %(number)s is saved as a draft. Look at what it gives, then let it serve.")
            % {"number": version.number},
        )
        return redirect(_page(script, version.number))

    def _serve(self, request, version, reason):
        served = releasing.let_serve(version=version, reason=reason, **_who(request))
        if isinstance(served, Approval):
            return self._wait(request, served)
        messages.success(request, _("Version %(number)s serves now.") % {"number": version.number})
        return redirect(_page(version.script))

    @staticmethod
    def _version(script, number):
        version = script.versions.filter(number=number).first() if number.isdecimal() and len(number) < 10 else None
        if version is None:
            raise Http404
        return version

    @staticmethod
    def _wait(request, approval):
        url, text = waits(approval)
        messages.success(request, text)
        return redirect(url)

    def _try(self, data, serving):
        """What is typed, at what was asked for first."""
        scripts.check_syntax(data["source"])
        asked = (
            [(data["tier"], data["amount"], data["is_imported"])] if data["tier"] and data["amount"] is not None else []
        )
        return self._results(data["source"], serving, (*asked, *scripts.TRIALS))

    @staticmethod
    def _results(source, serving, trials=scripts.TRIALS):
        """Rows of ``(tier, yuan, imported, points, why not, points now)``; each reason why not once."""
        names = dict(TIER_CHOICES)
        now = {trial: points for trial, points, _why in scripts.try_out(serving.source, trials)} if serving else {}
        rows, reasons = [], set()
        for trial, points, why in scripts.try_out(source, trials):
            if why not in reasons:
                rows.append((names[trial[0]], trial[1], trial[2], points, why, now.get(trial)))
            reasons.update([why] if why else [])
        return rows


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


def _page(script, tried=None):
    page = reverse("admin:points_script_change", args=[script.pk])
    return f"{page}?try={tried}" if tried else page


def _who(request):
    return {"by": actors.staff(request.user.pk), "at": clock.now()}
