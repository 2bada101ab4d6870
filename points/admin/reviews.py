"""Earnings that looked odd wait here until somebody looked (C10)."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from core import actors, clock
from core.staff import LookOnlyAdmin
from core.templatetags.mall import signed
from points import wording
from points.admin import tables
from points.admin.purchases import breakdown
from points.forms import AgreeForm, RefuseEarningForm
from points.models import EarningReview
from points.rules import engine
from points.services import review as reviewing

State = EarningReview.State
TONES = {State.PENDING: "warning", State.APPROVED: "success", State.REFUSED: "danger"}


@admin.register(EarningReview)
class EarningReviewAdmin(LookOnlyAdmin):
    list_display = ["at", "member", "behaviour_label", "signed_points", "why", "state_label", "decided_by"]
    list_display_links = ["at", "member"]
    list_filter = ["state", "behaviour"]
    list_filter_sheet = False
    list_select_related = ["member"]
    search_fields = ["member__phone", "member__username", "member__email"]
    search_help_text = _("Phone, username or e-mail")
    ordering = ["-pk"]
    fields = [
        ("member", "behaviour_label"),
        ("signed_points", "state"),
        "why",
        ("at", "rule_version"),
        ("decided_by", "decided_at"),
        "answer",
    ]
    readonly_fields = ["behaviour_label", "signed_points", "why"]
    change_form_template = "points/admin/account.html"
    actions = ["approve_all", "refuse_all"]
    actions_detail = ["approve", "refuse"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_decide_permission(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_decide_permission(self, request, object_id=None):
        """Those who may decide, on an earning that waits."""
        if not request.user.has_perm("points.decide_earningreview"):
            return False
        return object_id is None or EarningReview.objects.filter(pk=object_id, state=State.PENDING).exists()

    # The list and the page of one

    @display(description=_("behaviour"), ordering="behaviour")
    def behaviour_label(self, review):
        return engine.BEHAVIOURS.get(review.behaviour, review.behaviour)

    @display(description=_("points"), ordering="points")
    def signed_points(self, review):
        return signed(review.points)

    @display(description=_("why it waits"))
    def why(self, review):
        return wording.grounds(review.grounds)

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, review):
        return review.state, review.get_state_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        review = self.get_object(request, object_id)
        context = {} if review is None else {"tables": [breakdown(review.steps)]}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # Acts

    @action(description=_("Approve the chosen ones"), permissions=["decide"])
    def approve_all(self, request, queryset):
        self._decide_all(request, queryset, State.APPROVED, "")

    @action(description=_("Refuse the chosen ones"), permissions=["decide"])
    def refuse_all(self, request, queryset):
        self._decide_all(request, queryset, State.REFUSED, str(_("Many members, one device or address")))

    def _decide_all(self, request, queryset, state, answer):
        done, refusals = reviewing.decide_many(
            reviews=queryset, state=state, answer=answer, by=actors.staff(request.user.pk), at=clock.now()
        )
        if done:
            messages.success(request, ngettext("%d earning is decided.", "%d earnings are decided.", done) % done)
        for refusal in refusals:
            messages.error(request, refusal)

    @action(description=_("Approve"), url_path="approve", permissions=["decide"], icon="check", variant="primary")
    def approve(self, request, object_id):
        """The points are good."""

        def act(data):
            review = reviewing.approve(
                review=EarningReview(pk=object_id), by=actors.staff(request.user.pk), at=clock.now()
            )
            return self._page_of(review), _("Approved: %(points)s points.") % {"points": signed(review.points)}

        return self._decide(request, object_id, AgreeForm, act, _("Approve the earning"), _("Approve"), "primary")

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"], icon="block", variant="danger")
    def refuse(self, request, object_id):
        """The points are not given."""

        def act(data):
            review = reviewing.refuse(
                review=EarningReview(pk=object_id), by=actors.staff(request.user.pk), at=clock.now(), **data
            )
            return self._page_of(review), _("Refused. No points were moved.")

        return self._decide(request, object_id, RefuseEarningForm, act, _("Refuse the earning"), _("Refuse"), "danger")

    def _decide(self, request, object_id, form_class, act, title, label, tone):
        review = self.get_object(request, object_id)
        if review is None:
            raise Http404
        if review.state != State.PENDING and request.method != "POST":
            return redirect(self._page_of(review))
        return self.act_page(
            request,
            form_class(request.POST if request.method == "POST" else None),
            act,
            title=title,
            label=label,
            back_url=self._page_of(review),
            facts=[
                (_("Member"), review.member),
                (_("Points"), signed(review.points)),
                (_("For"), self.behaviour_label(review)),
                (_("Why it waits"), wording.grounds(review.grounds)),
                (_("At"), tables.when(review.at)),
            ],
            tone=tone,
        )

    @staticmethod
    def _page_of(review):
        return reverse("admin:points_earningreview_change", args=[review.pk])
