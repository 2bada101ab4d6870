"""Staff draft earning rules, release them to some or all, compare, widen, stop (C6, C8, C9)."""

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core import actors, clock
from core.errors import DomainError
from core.staff import LookOnlyAdmin, waits
from points import wording
from points.admin import tables
from points.admin.rule_forms import (
    AddRuleForm,
    ConfirmForm,
    DraftForm,
    FiguresForm,
    NameForm,
    PilotsForm,
    ReleaseForm,
    WidenForm,
    moment,
)
from points.models import RuleSetVersion
from points.queries import rule_sets as queries
from points.queries import tiers, trials
from points.rules import engine
from points.services import releasing, rule_sets

DRAFT, RELEASE = "points.draft_rules", "points.release_rules"
LOOK = "points.view_rulesetversion"
NOTICE = timedelta(days=7)
STATES = {
    "draft": gettext_lazy("draft"),
    "scheduled": gettext_lazy("scheduled"),
    "active": gettext_lazy("in force"),
    "retired": gettext_lazy("retired"),
}
TONES = {"draft": "base", "scheduled": "info", "active": "success", "retired": "base"}


@admin.register(RuleSetVersion)
class RuleSetAdmin(LookOnlyAdmin):
    list_display = ["title", "state_label", "served", "starts", "created_at", "by"]
    ordering = ["-number"]
    list_per_page = 30

    def has_view_permission(self, request, obj=None):
        return any(request.user.has_perm(name) for name in (LOOK, DRAFT, RELEASE))

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return request.user.has_perm(DRAFT)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("stages")

    @display(description=gettext_lazy("version"))
    def title(self, version):
        return f"{version} {version.name}"

    @display(description=gettext_lazy("state"), label=TONES)
    def state_label(self, version):
        state = queries.state_of(version, clock.now())
        return state, STATES[state]

    @display(description=gettext_lazy("members"))
    def served(self, version):
        stages = list(version.stages.all())
        return " → ".join(f"{stage.percent}%" for stage in stages)

    @display(description=gettext_lazy("starts at"))
    def starts(self, version):
        stages = list(version.stages.all())
        return tables.when(stages[0].starts_at) if stages and stages[0].starts_at > queries.BEGINNING else ""

    def get_urls(self):
        def page(route, view, name):
            return path(f"<int:number>/{route}", self.admin_site.admin_view(view), name=f"points_rules_{name}")

        return [
            page("rules/<int:position>/", self.figures, "figures"),
            page("name/", self.rename, "name"),
            page("release/", self.release, "release"),
            page("widen/", self.widen, "widen"),
            page("pilots/", self.pilots, "pilots"),
            page("withdraw/", self.withdraw, "withdraw"),
            page("stop/", self.stop, "stop"),
            page("compare/", self.compare, "compare"),
            *super().get_urls(),
        ]

    # A draft

    def add_view(self, request, form_url="", extra_context=None):
        """A new draft, of a version, of well-known rules, or of nothing."""
        _need(request, DRAFT)
        versions = list(RuleSetVersion.objects.all()[:50])

        def act(data):
            draft = rule_sets.create_draft(
                name=data["name"],
                preset=data["source"] if data["source"] in rule_sets.presets.PRESETS else None,
                copy_of=next((version for version in versions if str(version) == data["source"]), None),
                **_who(request),
            )
            return _page(draft), _("Drafted. It counts for nobody until it is released.")

        form = DraftForm(request.POST or None, versions=versions, initial={"source": request.GET.get("copy", "")})
        return self.act_page(request, form, act, title=_("New draft"), label=_("Draft"), back_url=_list())

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A version: its rules in words, its release; of a draft, what one can do to its rules."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = self._version(object_id)
        state = queries.state_of(version, clock.now())
        if request.method == "POST":
            _need(request, DRAFT)
            try:
                return redirect(self._edit(request, version))
            except (DomainError, ValueError) as error:
                messages.error(request, str(error))
                return redirect(_page(version))
        return self.page(
            request,
            "points/admin/rules.html",
            title=f"{version} {version.name}",
            facts=_facts(version, state),
            rules=_rules(version),
            form=AddRuleForm() if state == "draft" and request.user.has_perm(DRAFT) else None,
            acts=_acts(version, state, request.user),
            version=version,
            back_url=_list(),
        )

    def _edit(self, request, version):
        act, who = request.POST.get("act"), _who(request)
        if act == "add":
            position = rule_sets.add_rule(version=version, code=request.POST.get("rule", ""), **who)
            return reverse("admin:points_rules_figures", args=[version.pk, position])
        position = int(request.POST.get("position", -1))
        if act == "remove":
            rule_sets.remove_rule(version=version, position=position, **who)
        else:
            steps = -1 if act == "up" else 1
            rule_sets.move_rule(version=version, position=position, steps=steps, **who)
        return _page(version)

    def figures(self, request, number, position):
        """The figures of one rule of a draft."""
        _need(request, DRAFT)
        version = self._version(number)
        if position >= len(version.rules) or version.rules[position]["rule"] not in engine.registered():
            raise Http404
        stored = version.rules[position]
        rule_class = engine.registered()[stored["rule"]]

        def act(data):
            rule_sets.change_rule(version=version, position=position, figures=data, **_who(request))
            return _page(version), _("Saved.")

        form = FiguresForm(request.POST or None, rule_class=rule_class, figures=stored["figures"])
        facts = [(_("Rule"), rule_class.label), *([(_("What it does"), rule_class.help)] if rule_class.help else [])]
        return self._act(request, version, form, act, rule_class.label, _("Save"), facts=facts)

    def rename(self, request, number):
        """Another name for a draft."""
        _need(request, DRAFT)
        version = self._version(number)

        def act(data):
            rule_sets.rename(version=version, **data, **_who(request))
            return _page(version), _("Saved.")

        form = NameForm(request.POST or None, initial={"name": version.name})
        return self._act(request, version, form, act, _("Rename"), _("Save"))

    # Its release

    def release(self, request, number):
        """Let a draft loose."""
        _need(request, RELEASE)
        version = self._version(number)
        now = clock.now()

        def act(data):
            starts_at = data.pop("starts_at") or now
            by = actors.staff(request.user.pk)
            if approval := releasing.release(version=version, starts_at=starts_at, by=by, at=now, **data):
                return waits(approval)
            return _page(version), _("Released. It counts from %(at)s on.") % {"at": tables.when(starts_at)}

        form = ReleaseForm(request.POST or None, initial={"starts_at": moment(now + NOTICE)})
        return self._act(request, version, form, act, _("Release"), _("Release"))

    def widen(self, request, number):
        """Another share of the members."""
        _need(request, RELEASE)
        version = self._version(number)
        now = clock.now()

        def act(data):
            starts_at = data.pop("starts_at") or now
            by = actors.staff(request.user.pk)
            if approval := releasing.widen(version=version, starts_at=starts_at, by=by, at=now, **data):
                return waits(approval)
            return _page(version), _("It serves %(percent)s%% from %(at)s on.") % {
                "percent": data["percent"],
                "at": tables.when(starts_at),
            }

        form = WidenForm(request.POST or None)
        return self._act(request, version, form, act, _("Change the share"), _("Change the share"))

    def pilots(self, request, number):
        """Other pilots."""
        _need(request, RELEASE)
        version = self._version(number)

        def act(data):
            if approval := releasing.choose_pilots(version=version, **data, **_who(request)):
                return waits(approval)
            return _page(version), _("Saved. It counts everywhere within a second.")

        now = "\n".join(str(pk) for pk in version.pilots.values_list("member_id", flat=True))
        form = PilotsForm(request.POST if request.method == "POST" else None, initial={"members": now})
        return self._act(request, version, form, act, _("Pilot members"), _("Save"))

    def withdraw(self, request, number):
        """Take it back before its start."""
        return self._confirm(request, number, rule_sets.withdraw, _("Take back"), _("Taken back. It is a draft again."))

    def stop(self, request, number):
        """Stop it at once."""
        return self._confirm(
            request, number, releasing.stop, _("Stop"), _("Stopped. Its members have the version before it again.")
        )

    def _confirm(self, request, number, service, title, told):
        _need(request, RELEASE)
        version = self._version(number)

        def act(data):
            if approval := service(version=version, **_who(request)):
                return waits(approval)
            return _page(version), told

        form = ConfirmForm(request.POST if request.method == "POST" else None)
        return self._act(request, version, form, act, title, title, tone="danger")

    def compare(self, request, number):
        """What members of this version earn and use, beside the others."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = self._version(number)
        groups = trials.compare(str(version), at=clock.now())
        return self.page(
            request,
            "points/admin/compare.html",
            title=_("%(version)s beside the others") % {"version": version},
            table=groups and tables.table(None, ["", str(version), _("Others")], _comparison(*groups)),
            most=trials.MOST_MEMBERS,
            back_url=_page(version),
        )

    def _act(self, request, version, form, act, title, label, *, facts=None, **more):
        facts = facts or [(_("Version"), f"{version} {version.name}")]
        return self.act_page(request, form, act, title=title, label=label, back_url=_page(version), facts=facts, **more)

    def _version(self, number):
        text = str(number)
        version = RuleSetVersion.objects.filter(pk=text).first() if text.isdecimal() and len(text) < 10 else None
        if version is None:
            raise Http404
        return version


def _need(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _who(request):
    return {"by": actors.staff(request.user.pk), "at": clock.now()}


def _page(version):
    return reverse("admin:points_rulesetversion_change", args=[version.pk])


def _list():
    return reverse("admin:points_rulesetversion_changelist")


def _facts(version, state):
    facts = [(_("State"), STATES[state]), (_("Drafted"), f"{tables.when(version.created_at)} · {version.by}")]
    for stage in version.stages.all():
        start = tables.when(stage.starts_at) if stage.starts_at > queries.BEGINNING else _("from the beginning")
        facts.append((_("Serves"), f"{stage.percent}% · {start} · {stage.by}"))
    if pilots := version.pilots.count():
        facts.append((_("Pilot members"), pilots))
    if version.transition_days:
        facts.append((_("Days of transition"), version.transition_days))
    if version.stopped_at:
        facts.append((_("Stopped"), tables.when(version.stopped_at)))
    if version.announcement:
        told = tables.when(version.announced_at) or _("not yet")
        facts += [(_("Announcement"), version.announcement), (_("Members were told"), told)]
    return facts


def _rules(version):
    """Rows of the page: ``(position, label, figures, in words)``."""
    earners = [queries.earner(None, tier) for tier in tiers.all_tiers()]
    rows = []
    for position, stored in enumerate(version.rules):
        try:
            rule = engine.build_rule(stored["rule"], stored["figures"])
        except queries.NOT_READABLE:
            rows.append((position, stored["rule"], [], _("This rule is not known any more.")))
            continue
        figures = [
            (parameter.label, dict(parameter.choices).get(value, value), parameter.unit)
            for parameter in rule.fields
            if (value := getattr(rule, parameter.name)) not in ("", 0)  # 0 stands for none, or for the usual one
        ]
        said = rule.words(earners)
        rows.append((position, rule.label, figures, wording.in_words(*said) if said else ""))
    return rows


def _acts(version, state, user):
    """``(address, label, is_primary)`` of what this person may do now."""

    def to(name, label, is_primary=False):
        return reverse(f"admin:points_rules_{name}", args=[version.pk]), label, is_primary

    acts = []
    may_draft, may_release = user.has_perm(DRAFT), user.has_perm(RELEASE)
    if state == "draft":
        acts += [to("release", _("Release"), True)] if may_release else []
        acts += [to("name", _("Rename"))] if may_draft else []
    elif state in ("scheduled", "active") and may_release:
        acts += [to("widen", _("Change the share")), to("pilots", _("Pilot members"))]
        acts.append(to("withdraw", _("Take back")) if state == "scheduled" else to("stop", _("Stop")))
    if state in ("active", "retired"):
        acts.append(to("compare", _("Compare")))
    if may_draft:
        copy = f"{reverse('admin:points_rulesetversion_add')}?copy={version}"
        acts.append((copy, _("Copy into a new draft"), False))
    return acts


def _comparison(served, others):
    def row(label, name, *, yuan=False):
        return [label, *(_figure(getattr(group, name), yuan) for group in (served, others))]

    return [
        row(_("Members compared"), "members"),
        row(_("of them earned"), "earners"),
        row(_("Points earned"), "earned"),
        row(_("Points earned a member"), "earned_each"),
        row(_("Points used"), "used"),
        row(_("Points used a member"), "used_each"),
        row(_("Used for each point earned"), "burn"),
        row(_("Purchases"), "purchases"),
        row(_("Paid (yuan)"), "paid_fen", yuan=True),
        row(_("Points a yuan"), "points_a_yuan"),
    ]


def _figure(value, is_fen):
    if value is None:
        return "—"
    return f"{value / 100:,.2f}" if is_fen else f"{value:,}"
