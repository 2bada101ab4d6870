"""Earnings that looked odd wait here until somebody looked (C10)."""

from django.contrib import admin, messages
from django.db.models import Case, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from core import actors, clock
from core import staff_tables as tables
from core.formats import last_day, signed
from core.staff import LookOnlyAdmin
from points.earning import states, wording
from points.earning.admin.breakdown import breakdown
from points.earning.forms import AgreeForm, RefuseEarningForm
from points.earning.models import EarningReview
from points.earning.rules import engine
from points.earning.services import review as reviewing

State = EarningReview.State
TONES = {
    State.PENDING: "warning",
    State.APPEALED: "info",
    State.APPROVED: "success",
    State.REFUSED: "danger",
    State.UPHELD: "danger",
}


@admin.register(EarningReview)
class EarningReviewAdmin(LookOnlyAdmin):
    list_display = [
        "at",
        "member",
        "behaviour_label",
        "signed_points",
        "grounds_label",
        "state_label",
        "until",
        "decided_by",
    ]
    list_display_links = ["at", "member"]
    list_filter = ["state", "behaviour"]
    list_filter_sheet = False
    list_select_related = ["member"]
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = [Case(When(state=State.APPEALED, then=0), When(state=State.PENDING, then=1), default=2), "-pk"]
    fields = [
        ("member", "behaviour_label"),
        ("signed_points", "state"),
        "grounds_label",
        ("at", "rule_version"),
        ("decided_by", "decided_at"),
        ("why", "words"),
        ("appeal", "appealed_at"),
        "until",
        "answer",
    ]
    readonly_fields = ["behaviour_label", "signed_points", "grounds_label", "until"]
    change_form_template = "points/admin/account.html"
    actions = ["approve_all", "refuse_all"]
    actions_detail = ["approve", "refuse", "uphold"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_decide_permission(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_decide_permission(self, request):
        return request.user.has_perm("points.decide_earningreview")

    def has_approve_permission(self, request, object_id=None):
        return self._may_move(request, object_id, State.APPROVED)

    def has_refuse_permission(self, request, object_id=None):
        return self._may_move(request, object_id, State.REFUSED)

    def has_uphold_permission(self, request, object_id=None):
        return self._may_move(request, object_id, State.UPHELD)

    def _may_move(self, request, object_id, state):
        """Those who may decide, on an earning that can move there."""
        if not self.has_decide_permission(request):
            return False
        from_states = [found for found, reached in states.REVIEW_MOVES.items() if state in reached]
        return object_id is None or EarningReview.objects.filter(pk=object_id, state__in=from_states).exists()

    # The list and the page of one

    @display(description=_("behaviour"), ordering="behaviour")
    def behaviour_label(self, review):
        return engine.BEHAVIOURS.get(review.behaviour, review.behaviour)

    @display(description=_("points"), ordering="points")
    def signed_points(self, review):
        return signed(review.points)

    @display(description=_("why it waits"))
    def grounds_label(self, review):
        return wording.grounds(review.grounds)

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, review):
        return review.state, review.get_state_display()

    @display(description=_("until when"), ordering="due_at")
    def until(self, review):
        """The last day on which staff may still decide, or the member appeal; otherwise nothing is to be said."""
        return last_day(review.due_at)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        review = self.get_object(request, object_id)
        context = {} if review is None else {"tables": [breakdown(review.steps)]}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # Acts

    @action(description=_("Approve the chosen ones"), permissions=["decide"])
    def approve_all(self, request, queryset):
        self._decide_all(request, queryset)

    @action(description=_("Refuse the chosen ones: many accounts, one device or place"), permissions=["decide"])
    def refuse_all(self, request, queryset):
        self._decide_all(request, queryset, why=EarningReview.Why.DEVICE)

    def _decide_all(self, request, queryset, why=None):
        done, refusals = reviewing.decide_many(reviews=queryset, why=why, **_who(request))
        if done:
            messages.success(request, ngettext("%d earning is decided.", "%d earnings are decided.", done) % done)
        for refusal in refusals:
            messages.error(request, refusal)

    @action(description=_("Approve"), url_path="approve", permissions=["approve"], icon="check", variant="primary")
    def approve(self, request, object_id):
        """The points are good."""

        def act(review, data):
            review = reviewing.approve(review=review, **_who(request))
            return _("Approved: %(points)s points.") % {"points": signed(review.points)}

        return self.act_on(request, object_id, AgreeForm, act, title=_("Approve the earning"), label=_("Approve"))

    @action(description=_("Refuse"), url_path="refuse", permissions=["refuse"], icon="block", variant="danger")
    def refuse(self, request, object_id):
        """The points are not given."""

        def act(review, data):
            reviewing.refuse(review=review, **data, **_who(request))
            return _("Refused. The member is told, and may appeal.")

        return self.act_on(
            request, object_id, RefuseEarningForm, act, title=_("Refuse the earning"), label=_("Refuse"), tone="danger"
        )

    @action(
        description=_("Refuse the appeal"), url_path="uphold", permissions=["uphold"], icon="block", variant="danger"
    )
    def uphold(self, request, object_id):
        """The appeal changes nothing."""

        def act(review, data):
            reviewing.uphold(review=review, **data, **_who(request))
            return _("The appeal is refused. The member is told.")

        title = _("Refuse the appeal")
        return self.act_on(request, object_id, RefuseEarningForm, act, title=title, label=title, tone="danger")

    def facts(self, review):
        facts = [
            (_("Member"), review.member),
            (_("Points"), signed(review.points)),
            (_("For"), self.behaviour_label(review)),
            (_("Why it waits"), wording.grounds(review.grounds)),
            (_("At"), tables.when(review.at)),
        ]
        if review.appealed_at:
            facts += [
                (_("Refused because"), wording.refused_because(review)),
                (_("Note"), review.answer or "—"),
                (_("Appeal"), review.appeal),
                (_("Appealed at"), tables.when(review.appealed_at)),
            ]
        if review.due_at:
            facts.append((_("Credited by itself after"), last_day(review.due_at)))
        return facts


def _who(request):
    return {"by": actors.staff(request.user.pk), "at": clock.now()}
