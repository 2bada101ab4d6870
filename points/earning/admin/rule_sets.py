"""Staff draft earning rules, rule by rule (C6, C8); what they do with a draft then is in ``rule_release``."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core import actors, clock
from core import staff_tables as tables
from core.errors import DomainError
from core.staff import LookOnlyAdmin
from points.earning import wording
from points.earning.admin.rule_forms import AddRuleForm, DraftForm, FiguresForm, NameForm
from points.earning.admin.rule_pages import DRAFT, RELEASE, examples, list_url, need, page_of, share, who
from points.earning.admin.rule_release import ReleasePages
from points.earning.models import RuleSetVersion
from points.earning.queries import categories
from points.earning.queries import rule_sets as queries
from points.earning.rules import engine
from points.earning.rules.builtin import codes_of
from points.earning.services import rule_sets

LOOK = "points.view_rulesetversion"
STATES = {
    "draft": gettext_lazy("draft"),
    "scheduled": gettext_lazy("scheduled"),
    "active": gettext_lazy("in force"),
    "retired": gettext_lazy("retired"),
}
TONES = {"draft": "base", "scheduled": "info", "active": "success", "retired": "base"}


@admin.register(RuleSetVersion)
class RuleSetAdmin(ReleasePages, LookOnlyAdmin):
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
        need(request, DRAFT)
        versions = list(RuleSetVersion.objects.all()[:50])

        def act(data):
            draft = rule_sets.create_draft(
                name=data["name"],
                preset=data["source"] if data["source"] in rule_sets.presets.PRESETS else None,
                copy_of=next((version for version in versions if str(version) == data["source"]), None),
                **who(request),
            )
            return page_of(draft), _("Drafted. It counts for nobody until it is released.")

        form = DraftForm(request.POST or None, versions=versions, initial={"source": request.GET.get("copy", "")})
        return self.act_page(request, form, act, title=_("New draft"), label=_("Draft"), back_url=list_url())

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A version: its rules in words, its release; of a draft, what one can do to its rules."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = self._version(object_id)
        state = queries.state_of(version, clock.now())
        if request.method == "POST":
            need(request, DRAFT)
            try:
                return redirect(self._edit(request, version))
            except (DomainError, ValueError) as error:
                messages.error(request, str(error))
                return redirect(page_of(version))
        warnings, tables_of = examples(version, clock.now())
        return self.page(
            request,
            "points/admin/rules.html",
            title=f"{version} {version.name}",
            facts=_facts(version, state),
            rules=_rules(version),
            form=AddRuleForm() if state == "draft" and request.user.has_perm(DRAFT) else None,
            acts=_acts(version, state, request.user),
            version=version,
            warnings=warnings,
            tables=tables_of,
            back_url=list_url(),
        )

    def _edit(self, request, version):
        act, done = request.POST.get("act"), who(request)
        if act == "add":
            position = rule_sets.add_rule(version=version, code=request.POST.get("rule", ""), **done)
            return reverse("admin:points_rules_figures", args=[version.pk, position])
        position = int(request.POST.get("position", -1))
        if act == "remove":
            rule_sets.remove_rule(version=version, position=position, **done)
        else:
            steps = -1 if act == "up" else 1
            rule_sets.move_rule(version=version, position=position, steps=steps, **done)
        return page_of(version)

    def figures(self, request, number, position):
        """The figures of one rule of a draft."""
        need(request, DRAFT)
        version = self._version(number)
        if position >= len(version.rules) or version.rules[position]["rule"] not in engine.registered():
            raise Http404
        stored = version.rules[position]
        rule_class = engine.registered()[stored["rule"]]

        def act(data):
            unknown = rule_sets.change_rule(version=version, position=position, figures=data, **who(request))
            if unknown:
                text = _("The mall has no category %(codes)s. Only what is bought elsewhere can bear such a code.")
                messages.warning(request, text % {"codes": _(", ").join(unknown)})
            return page_of(version), _("Saved.")

        form = FiguresForm(request.POST or None, rule_class=rule_class, figures=stored["figures"])
        facts = [(_("Rule"), rule_class.label), *([(_("What it does"), rule_class.help)] if rule_class.help else [])]
        return self._act(request, version, form, act, rule_class.label, _("Save"), facts=facts)

    def rename(self, request, number):
        """Another name for a draft."""
        need(request, DRAFT)
        version = self._version(number)

        def act(data):
            rule_sets.rename(version=version, **data, **who(request))
            return page_of(version), _("Saved.")

        form = NameForm(request.POST or None, initial={"name": version.name})
        return self._act(request, version, form, act, _("Rename"), _("Save"))


def _facts(version, state):
    facts = [
        (_("State"), STATES[state]),
        (_("Drafted"), f"{tables.when(version.created_at)} · {actors.label(version.by)}"),
    ]
    for stage in version.stages.all():
        start = tables.when(stage.starts_at) if stage.starts_at > queries.BEGINNING else _("from the beginning")
        facts.append((_("Serves"), f"{share(stage.percent)} · {start} · {actors.label(stage.by)}"))
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
    earners, called = queries.earners(), categories.titles()
    rows = []
    for position, stored in enumerate(version.rules):
        try:
            rule = engine.build_rule(stored["rule"], stored["figures"])
        except queries.NOT_READABLE:
            rows.append((position, stored["rule"], [], _("This rule is not known any more.")))
            continue
        figures = [
            (parameter.label, _in_words(parameter, value, rule, called), parameter.unit)
            for parameter in rule.fields
            if (value := getattr(rule, parameter.name)) not in ("", 0)  # 0 stands for none, or for the usual one
        ]
        said = rule.words(earners)
        rows.append((position, rule.label, figures, wording.in_words(*said) if said else ""))
    return rows


def _in_words(parameter, value, rule, called):
    """A choice by its label, categories by their names (``called``), anything else as it is."""
    codes = codes_of(value) if isinstance(value, str) else ()
    if codes and set(codes) <= rule.goods().keys():
        return ", ".join(called.get(code, code) for code in codes)
    return dict(parameter.choices).get(value, value)


def _acts(version, state, user):
    """``(address, label, is_primary)`` of what this person may do now."""

    def to(name, label, is_primary=False):
        return reverse(f"admin:points_rules_{name}", args=[version.pk]), label, is_primary

    acts = []
    may_draft, may_release = user.has_perm(DRAFT), user.has_perm(RELEASE)
    if state == "draft":
        acts += [to("release", _("Release"), True)] if may_release else []
        acts += [to("name", _("Rename"))] if may_draft else []
        if user.has_perm("points.run_whatifrun") and version.rules:
            acts.append((f"{reverse('admin:points_whatifrun_add')}?version={version}", _("Replay purchases"), False))
    elif state in ("scheduled", "active") and may_release:
        acts += [to("widen", _("Change the share")), to("pilots", _("Pilot members"))]
        acts.append(to("withdraw", _("Take back")) if state == "scheduled" else to("stop", _("Stop")))
    if state in ("active", "retired"):
        acts.append(to("compare", _("Compare")))
    if may_draft:
        copy = f"{reverse('admin:points_rulesetversion_add')}?copy={version}"
        acts.append((copy, _("Copy into a new draft"), False))
    return acts
