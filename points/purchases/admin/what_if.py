"""What a draft of rules would have changed, over real purchases (C15)."""

import json

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import User
from core import actors, clock
from core import staff_tables as tables
from core.formats import grouped, signed, yuan_sum
from core.staff import LookOnlyAdmin
from points.earning.models import RuleSetVersion
from points.earning.queries import rule_sets
from points.purchases import tasks
from points.purchases.forms import WhatIfForm
from points.purchases.models import WhatIfRun
from points.purchases.services import what_if
from points.tiers import rules as tiers

State = WhatIfRun.State
TONES = {State.WAITING: "info", State.RUNNING: "info", State.DONE: "success", State.FAILED: "danger"}
MOVING = {State.WAITING, State.RUNNING}
OLD_COLOR, NEW_COLOR = "var(--color-base-400)", "var(--color-primary-600)"
MOST_VERSIONS = 50


@admin.register(WhatIfRun)
class WhatIfRunAdmin(LookOnlyAdmin):
    list_display = ["requested_at", "rule_version", "days", "state_label", "change", "worth", "requested_by"]
    list_filter = ["state"]
    list_filter_sheet = False
    ordering = ["-pk"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm("points.run_whatifrun")

    # The list

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, run):
        return run.state, run.get_state_display()

    @display(description=_("change in points"))
    def change(self, run):
        return signed(run.result["new_points"] - run.result["old_points"]) if run.result else "—"

    @display(description=_("change in liability"))
    def worth(self, run):
        return _yuan(run.result["worth_fen"]) if run.result else "—"

    # To ask for one, and to see it

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied

        def act(data):
            run = what_if.start(
                rule_version=data["version"], days=data["days"], by=actors.staff(request.user.pk), at=clock.now()
            )
            tasks.replay_rules.delay_on_commit(run.pk)
            return self._page_of(run), _("The rules are being replayed.")

        form = WhatIfForm(
            request.POST if request.method == "POST" else None,
            versions=_versions(),
            initial={"version": request.GET.get("version"), "days": WhatIfRun.Days.MONTH},
        )
        return self.act_page(
            request,
            form,
            act,
            title=_("What if these rules had been in force"),
            label=_("Replay"),
            back_url=reverse("admin:points_whatifrun_changelist"),
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(WhatIfRun, pk=object_id)
        if request.method == "POST":
            if self.has_add_permission(request) and run.state in MOVING:
                tasks.replay_rules.delay_on_commit(run.pk)
            return redirect(self._page_of(run))
        return self.page(
            request,
            "points/admin/what_if.html",
            title=_("%(version)s over %(days)s") % {"version": run.rule_version, "days": run.get_days_display()},
            run=run,
            is_moving=run.state in MOVING,
            facts=_facts(run),
            chart=_chart(run.result) if run.result else None,
            tables=_tables(run.result) if run.result else [],
            back_url=reverse("admin:points_whatifrun_changelist"),
        )

    @staticmethod
    def _page_of(run):
        return reverse("admin:points_whatifrun_change", args=[run.pk])


def _versions():
    """Drafts first: they are what one wants to know about."""
    at = clock.now()
    labels = {"draft": _("draft"), "scheduled": _("scheduled"), "active": _("active"), "retired": _("retired")}
    rows = [(rule_sets.state_of(row, at), row) for row in RuleSetVersion.objects.order_by("-number")[:MOST_VERSIONS]]
    rows.sort(key=lambda pair: pair[0] != "draft")
    return [(str(row), f"{row} {row.name} · {labels[state]}") for state, row in rows]


def _facts(run):
    facts = [(_("State"), run.get_state_display()), (_("Requested by"), _by(run))]
    if run.result is None:
        return facts
    found = run.result
    change = found["new_points"] - found["old_points"]
    percent = f" ({change * 100 / found['old_points']:+.1f} %)" if found["old_points"] else ""
    return [
        *facts,
        (_("Finished at"), tables.when(run.finished_at)),
        (_("Purchases"), f"{found['purchases']:,}"),
        (_("Members"), f"{found['members']:,}"),
        (_("Points given"), grouped(found["old_points"])),
        (_("With these rules"), grouped(found["new_points"])),
        (_("Change in points"), f"{signed(change)}{percent}"),
        (_("Change in liability"), _yuan(found["worth_fen"])),
    ]


def _by(run):
    return f"{run.requested_by}, {tables.when(run.requested_at)}"


def _chart(found):
    """Points a day, given and as they would have been, for unfold's line chart."""
    days = [date_format(parse_date(day), "m-d") for day, _old, _new in found["days"]]
    series = [
        (_("Points given"), [old for _day, old, _new in found["days"]], OLD_COLOR),
        (_("With these rules"), [new for _day, _old, new in found["days"]], NEW_COLOR),
    ]
    return json.dumps(
        {
            "labels": days,
            "datasets": [
                {"label": str(label), "data": data, "borderColor": color, "displayYAxis": True, "maxTicksXLimit": 10}
                for label, data, color in series
            ],
        }
    )


def _tables(found):
    rows = [
        (
            tier.title,
            *(f"{found['tiers'][tier.code][name]:,}" for name in ("winners", "losers", "same")),
            grouped(found["tiers"][tier.code]["old_points"]),
            grouped(found["tiers"][tier.code]["new_points"]),
            signed(found["tiers"][tier.code]["new_points"] - found["tiers"][tier.code]["old_points"]),
        )
        for tier in tiers.all_tiers()
        if tier.code in found["tiers"]
    ]
    headers = [_("tier"), _("winners"), _("losers"), _("same"), _("points given"), _("with these rules"), _("change")]
    samples = [
        (
            _account(member, names.get(member, member)),
            tiers.by_code(tier).title,
            f"{purchases:,}",
            yuan_sum(fen),
            grouped(old),
            grouped(new),
            signed(new - old),
        )
        for names in [_names([row[0] for row in found["samples"]])]
        for member, tier, purchases, fen, old, new in found["samples"]
    ]
    of_members = [
        _("member"), _("tier"), _("purchases"), _("amount"), _("points given"), _("with these rules"), _("change")
    ]  # fmt: skip
    return [
        tables.table(_("Winners and losers by tier"), headers, rows),
        tables.table(_("Members with the largest changes"), of_members, samples),
    ]


def _names(members):
    return {user.pk: str(user) for user in User.objects.filter(pk__in=members)}


def _account(member, name):
    url = reverse("admin:points_pointsaccount_change", args=[member])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, name)


def _yuan(fen):
    return f"{'−' if fen < 0 else '+' if fen else ''}{yuan_sum(abs(fen))}"
