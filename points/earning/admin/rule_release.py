"""Staff let versions of the earning rules loose, compare, widen and stop them (C8, C9)."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from core import actors, clock
from core import staff_tables as tables
from core.staff import waits
from points.earning.admin.rule_forms import ConfirmForm, PilotsForm, ReleaseForm, StopForm, WidenForm, moment
from points.earning.admin.rule_pages import RELEASE, RulePages, examples, need, page_of, share, who
from points.earning.queries import rule_sets as queries
from points.earning.queries import trials
from points.earning.services import releasing, rule_sets

NOTICE = timedelta(days=7)
SHARES = (10, 20, 50)  # of the members, to give an idea of how many a share is


class ReleasePages(RulePages):
    """The acts on a version's release, each on its own page."""

    def release(self, request, number):
        """Let a draft loose."""
        need(request, RELEASE)
        version = self._version(number)
        now = clock.now()
        warnings, tables_of = examples(version, now)

        def act(data):
            starts_at = data.pop("starts_at") or now
            by = actors.staff(request.user.pk)
            if approval := releasing.release(version=version, starts_at=starts_at, by=by, at=now, **data):
                return waits(approval)
            return page_of(version), _("Released. It counts from %(at)s on, for %(share)s.") % {
                "at": tables.when(starts_at),
                "share": share(data["percent"]),
            }

        form = ReleaseForm(
            request.POST or None, initial={"starts_at": moment(now + NOTICE)}, is_doubtful=bool(warnings)
        )
        return self._act(
            request, version, form, act, _("Release"), _("Release"),
            facts=self._facts(version), warnings=warnings, tables=tables_of,
        )  # fmt: skip

    def widen(self, request, number):
        """Another share of the members."""
        need(request, RELEASE)
        version = self._version(number)
        now = clock.now()

        def act(data):
            starts_at = data.pop("starts_at") or now
            by = actors.staff(request.user.pk)
            if approval := releasing.widen(version=version, starts_at=starts_at, by=by, at=now, **data):
                return waits(approval)
            return page_of(version), _("It serves %(share)s from %(at)s on.") % {
                "share": share(data["percent"]),
                "at": tables.when(starts_at),
            }

        facts = [*self._facts(version), (_("Whom it does not serve has"), _in_line(queries.without(number, now), now))]
        form = WidenForm(request.POST or None)
        return self._act(request, version, form, act, _("Change the share"), _("Change the share"), facts=facts)

    def pilots(self, request, number):
        """Other pilots."""
        need(request, RELEASE)
        version = self._version(number)

        def act(data):
            if approval := releasing.choose_pilots(version=version, **data, **who(request)):
                return waits(approval)
            return page_of(version), _("Saved. It counts everywhere within a second.")

        now = "\n".join(str(pk) for pk in version.pilots.values_list("member_id", flat=True))
        form = PilotsForm(request.POST if request.method == "POST" else None, initial={"members": now})
        return self._act(request, version, form, act, _("Pilot members"), _("Save"))

    def withdraw(self, request, number):
        """Take it back before its start."""
        need(request, RELEASE)
        version = self._version(number)

        def act(data):
            rule_sets.withdraw(version=version, **who(request))
            return page_of(version), _("Taken back. It is a draft again.")

        form, title = ConfirmForm(request.POST if request.method == "POST" else None), _("Take back")
        return self._act(request, version, form, act, title, title, tone="danger")

    def stop(self, request, number):
        """Stop it at once; who serves afterwards is shown, and asked."""
        need(request, RELEASE)
        version = self._version(number)
        now = clock.now()
        then = queries.without(number, now)

        def act(data):
            del data["agreed"]
            if approval := releasing.stop(version=version, **data, **who(request)):
                return waits(approval)
            return page_of(version), _("Stopped. From now on these serve: %(versions)s.") % {
                "versions": _in_line(then, now)
            }

        form = StopForm(
            request.POST if request.method == "POST" else None,
            initial={"then": ",".join(str(release.number) for release in then)},
        )
        facts = [*self._facts(version), (_("Serves afterwards"), _in_line(then, now))]
        waking = [release for release in then if queries.is_replaced(release.number, now)]
        warnings = [
            _("%(version)s had been replaced and counts again, unless you stop it as well.") % {"version": release}
            for release in waking
        ]
        title = _("Stop")
        return self._act(request, version, form, act, title, title, facts=facts, warnings=warnings, tone="danger")

    @staticmethod
    def _facts(version):
        members = queries.members_of(queries.ALL)
        shares = [f"{percent}%: {members * percent // queries.ALL:,}" for percent in (queries.ALL, *SHARES)]
        return [(_("Version"), f"{version} {version.name}"), (_("Active members"), " · ".join(shares))]

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
            table=groups and tables.table(None, [_("Figure"), str(version), _("Others")], _comparison(*groups)),
            most=trials.MOST_MEMBERS,
            back_url=page_of(version),
        )


def _in_line(releases, at):
    """Versions, each with its share; the last one for everybody else."""
    if not releases:
        return "—"
    *trials_of, last = releases
    texts = [f"{release} · {share(release.percent_at(at))}" for release in trials_of]
    return " → ".join([*texts, _("%(version)s for all others") % {"version": last} if trials_of else str(last)])


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
