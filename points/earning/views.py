"""An earning that was set aside: why, until when, and the member's word against a refusal (A12)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core import actors, clock
from core.errors import DomainError
from core.formats import last_day
from points.earning import wording
from points.earning.forms import AppealForm
from points.earning.models import EarningReview
from points.earning.queries.earning import story_of
from points.earning.services import review as reviewing
from points.ledger.models import Kind

State = EarningReview.State
ICONS = {
    Kind.SIGN_UP: ("sparkles", "gold"),
    Kind.SIGN_IN: ("calendar-check", "accent"),
    Kind.PURCHASE: ("receipt-text", "accent"),
    Kind.CAMPAIGN: ("dices", "gold"),
    Kind.ADJUST: ("sliders-horizontal", ""),
    Kind.REFUND: ("undo-2", ""),
    Kind.REDEEM: ("gift", ""),
    Kind.EXPIRE: ("hourglass", ""),
    Kind.CLAWBACK: ("undo-2", ""),
}
STORY = {
    State.PENDING: gettext_lazy("Earned, and set aside for a check"),
    State.REFUSED: gettext_lazy("Refused"),
    State.APPEALED: gettext_lazy("You appealed"),
    State.UPHELD: gettext_lazy("Appeal not granted"),
    State.APPROVED: gettext_lazy("Credited"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def held(request, pk):
    """One of them; a POST appeals."""
    review, at = get_object_or_404(EarningReview, pk=pk, member=request.user), clock.now()
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.appeal(review=review, words=form.cleaned_data["words"], by=actors.member(request.user.pk), at=at)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your appeal has reached us."))
            return redirect(reverse("points:held", args=[pk]))
    may_appeal = review.state == State.REFUSED and review.due_at is not None and at < review.due_at
    story = [
        (STORY[state], moment, review.appeal if state == State.APPEALED else "") for state, moment in story_of(review)
    ]
    form = form if may_appeal or form.is_bound else None
    context = row(review) | {"form": form, "says": says(review, at), "story": story}
    return render(request, "points/held.html", context)


def row(review):
    """An earning that was set aside, as a row."""
    icon, tone = ICONS[review.kind]
    return {
        "review": review,
        "title": review.reason or Kind(review.kind).label,
        "icon": icon,
        "tone": tone,
        "state": _state(review),
    }


def _state(review):
    """A few words about where it stands."""
    day = {"day": last_day(review.due_at)}
    match review.state:
        case State.PENDING:
            return _("being checked, until %(day)s at the latest") % day if review.due_at else _("being checked")
        case State.APPEALED:
            return _("appealed, answered by %(day)s") % day
        case State.REFUSED:
            return _("refused, appeal possible until %(day)s") % day
        case State.UPHELD:
            return _("refused after your appeal")
    return _("credited")


def says(review, at):
    """Sentences about what was decided and what comes now."""
    day = {"day": last_day(review.due_at)}
    match review.state:
        case State.PENDING:
            first = wording.held_because(review.grounds)
            if review.due_at is None:
                return [first, _("You hear from us when the check is done. You need not do anything.")]
            return [first, _("You hear from us by %(day)s; without a word from us they are credited then.") % day]
        case State.REFUSED:
            if review.due_at is None or at >= review.due_at:
                return [wording.refused_because(review), _("The time to appeal is over.")]
            return [wording.refused_because(review), _("You can appeal until %(day)s.") % day]
        case State.APPEALED:
            return [_("We answer by %(day)s. If we do not, the points are credited then.") % day]
        case State.UPHELD:
            return [wording.refused_because(review), _("We looked at your appeal. The decision stands.")]
    return [_("The points are in your account.")]
