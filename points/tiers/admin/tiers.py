"""Staff set the figures of tiers, see who has which one and why, and pin or unpin one (C12, C13)."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, F, When
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core import actors, clock
from core import staff_tables as tables
from core.formats import grouped
from core.staff import LookOnlyAdmin, waits
from points.tiers import queries, rules, wording
from points.tiers.admin.tier_forms import FiguresForm, PinForm, UnpinForm
from points.tiers.models import MemberTier, Tier, TierCode
from points.tiers.services import tier_figures, tiers

LATEST = 20
TONES = {TierCode.NORMAL: "", TierCode.SILVER: "info", TierCode.GOLD: "warning", TierCode.DIAMOND: "success"}


@admin.register(Tier)
class TierAdmin(LookOnlyAdmin):
    list_display = ["name", "points_needed", "multiplier", "off", "member_day_off", "gift", "free_shipping"]
    ordering = ["position"]

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("points.change_tier")

    @display(description=_("points needed"))
    def points_needed(self, tier):
        return grouped(tier.threshold)

    @display(description=_("off points prices"))
    def off(self, tier):
        return wording.off(tier.discount_percent)

    @display(description=_("more off on member day"))
    def member_day_off(self, tier):
        return wording.off(tier.member_day_percent)

    @display(description=_("birthday gift"))
    def gift(self, tier):
        return grouped(tier.birthday_points)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Set the figures of one tier, with a second person where they are more than names."""
        tier = self.get_object(request, object_id) if object_id else None
        if tier is None:
            raise Http404
        if not self.has_change_permission(request):
            if not self.has_view_permission(request):
                raise PermissionDenied
            return super().changeform_view(request, object_id, form_url, extra_context)
        back = reverse("admin:points_tier_changelist")

        def act(data):
            by = actors.staff(request.user.pk)
            if approval := tier_figures.change(code=tier.code, by=by, at=clock.now(), **data):
                return waits(approval)
            return back, _("Saved. It counts everywhere within a second.")

        return self.act_page(
            request,
            FiguresForm(request.POST if request.method == "POST" else None, tier=tier),
            act,
            title=tier.name,
            label=_("Save"),
            back_url=back,
        )


class CountingTierFilter(admin.SimpleListFilter):
    title = _("tier")
    parameter_name = "tier"

    def lookups(self, request, model_admin):
        return [(tier.code, tier.title) for tier in rules.all_tiers()]

    def queryset(self, request, queryset):
        return queryset.filter(counting=self.value()) if self.value() in TierCode.values else queryset


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("grace", _("in grace")), ("pinned", _("pinned"))]

    def queryset(self, request, queryset):
        match self.value():
            case "grace":
                return queryset.filter(grace_until__isnull=False)
            case "pinned":
                return queryset.exclude(pinned_tier="")
        return queryset


@admin.register(MemberTier)
class MemberTierAdmin(LookOnlyAdmin):
    """Members who rose above the lowest tier once, or whose tier is pinned; the page of one tells how it came about."""

    list_display = ["member", "tier_label", "since", "review_on", "grace_until", "pinned_by"]
    list_filter = [CountingTierFilter, StandingFilter]
    list_filter_sheet = False
    list_select_related = ["member"]
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    fields = [
        ("member", "points_now"),
        ("tier", "since"),
        ("review_on", "grace_until"),
        ("pinned_tier", "pin_reason"),
        ("pinned_by", "pinned_at"),
    ]
    readonly_fields = ["points_now"]
    change_form_template = "points/admin/member_tier.html"
    actions_detail = ["pin", "unpin"]
    actions_list = ["pin_member"]

    def get_queryset(self, request):
        counting = Case(When(pinned_tier="", then=F("tier")), default=F("pinned_tier"), output_field=CharField())
        return super().get_queryset(request).annotate(counting=counting)

    # Who may what

    def has_pin_permission(self, request, object_id=None):
        return request.user.has_perm("points.pin_tier")

    def has_unpin_permission(self, request, object_id=None):
        if not self.has_pin_permission(request):
            return False
        return object_id is None or MemberTier.objects.filter(pk=object_id).exclude(pinned_tier="").exists()

    # The list and the page of one

    @display(description=_("tier"), ordering="counting", label=TONES)
    def tier_label(self, row):
        return row.code, rules.by_code(row.code).title

    @display(description=_("points in the window"))
    def points_now(self, row):
        return grouped(queries.standing(row.pk, at=clock.now()).points)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        context = {} if row is None else {"table": _history(row.pk)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # Acts

    @action(description=_("Pin a member's tier"), url_path="pin-member", permissions=["pin"], icon="push_pin")
    def pin_member(self, request):
        """For any member, also one who is not in the list yet."""
        return self._pin(request, request.GET.get("member", ""), reverse("admin:points_membertier_changelist"))

    @action(description=_("Pin"), url_path="pin", permissions=["pin"], icon="push_pin", variant="primary")
    def pin(self, request, object_id):
        """Set the tier of this member by hand."""
        return self._pin(request, f"#{object_id}", reverse("admin:points_membertier_change", args=[object_id]))

    def _pin(self, request, member, back):
        def act(data):
            row = tiers.pin(**data, by=actors.staff(request.user.pk), at=clock.now())
            text = _("Pinned: %(tier)s.") % {"tier": rules.by_code(row.code).title}
            return reverse("admin:points_membertier_change", args=[row.pk]), text

        form = PinForm(request.POST if request.method == "POST" else None, initial={"member": member})
        return self.act_page(
            request,
            form,
            act,
            title=_("Pin a tier"),
            label=_("Pin"),
            back_url=back,
            facts=[(_("What it does"), PIN_HELP)],
        )

    @action(description=_("Unpin"), url_path="unpin", permissions=["unpin"], icon="keep_off")
    def unpin(self, request, object_id):
        """Let this member's points decide again."""
        back = reverse("admin:points_membertier_change", args=[object_id])
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404

        def act(data):
            tiers.unpin(member=row.pk, **data, by=actors.staff(request.user.pk), at=clock.now())
            return back, _("Unpinned. The member's own points count again.")

        return self.act_page(
            request,
            UnpinForm(request.POST if request.method == "POST" else None),
            act,
            title=_("Unpin the tier"),
            label=_("Unpin"),
            back_url=back,
            facts=[
                (_("Member"), row.member),
                (_("Pinned tier"), rules.by_code(row.code).title),
                (_("Reason"), row.pin_reason),
                (_("Tier by the member's own points"), rules.by_code(row.tier).title),
            ],
        )


PIN_HELP = _(
    "The member has this tier whatever the points say, until somebody unpins it. What is earned meanwhile counts below "
    "it."
)


def _history(member):
    headers = [_("at"), _("what happened"), _("from"), _("to"), _("points in the window"), _("reason"), _("by")]
    rows = [
        (
            tables.when(change.at),
            change.get_cause_display(),
            rules.by_code(change.from_tier).title,
            rules.by_code(change.to_tier).title,
            grouped(change.points),
            change.reason,
            change.who,
        )
        for change in actors.named(queries.changes_of(member, limit=LATEST))
    ]
    return tables.table(_("How it came about"), headers, rows)
