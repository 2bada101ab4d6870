"""What a member hears of an earning that was set aside: that it is, and how it ended (A12)."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_noop as N_

from accounts.services import notices
from accounts.wording import in_both
from core.clock import shop_date
from points.earning import wording

A_MOMENT = timedelta(microseconds=1)
BEING_CHECKED = N_("%(points)s points are being checked")
HELD = N_("%(because)s You hear from us by %(day)s; without a word from us they are credited then.")
HELD_WITHOUT_A_DAY = N_("%(because)s You hear from us when the check is done.")
CREDITED = N_("%(points)s points are credited")
AFTER_A_CHECK = N_("The check is done, the points are in your account.")
AFTER_AN_APPEAL = N_("Your appeal is granted, the points are in your account.")
WITHOUT_AN_ANSWER = N_("We did not decide in time, so the points are in your account.")
NOT_CREDITED = N_("%(points)s points are not credited")
REFUSED = N_("%(because)s You can appeal until %(day)s.")
NOT_GRANTED = N_("Your appeal is not granted")
UPHELD = N_("%(points)s points stay refused. %(because)s")


def tell_held(review):
    """An earning was set aside."""
    text = HELD if review.due_at else HELD_WITHOUT_A_DAY
    because = in_both(lambda: wording.held_because(review.grounds))
    _tell(review, "held", BEING_CHECKED, text, at=review.at, because=because)


def tell_credited(review, *, is_late):
    """It was booked; ``is_late``: because nobody decided in time."""
    text = WITHOUT_AN_ANSWER if is_late else AFTER_AN_APPEAL if review.appealed_at else AFTER_A_CHECK
    _tell(review, "credited", CREDITED, text, at=review.decided_at)


def tell_refused(review):
    """It was refused: to the phone as well, for an appeal has a last day."""
    _tell(review, "refused", NOT_CREDITED, REFUSED, at=review.decided_at, because=_because(review), sms=True)


def tell_upheld(review):
    """The refusal stands."""
    _tell(review, "upheld", NOT_GRANTED, UPHELD, at=review.decided_at, because=_because(review))


def _because(review):
    return in_both(lambda: wording.refused_because(review))


def _tell(review, event, title, text, *, at, sms=False, **values):
    if review.due_at:
        values["day"] = {"day": shop_date(review.due_at - A_MOMENT).isoformat()}
    notices.notify(
        member_id=review.member_id,
        topic="points",
        title=title,
        text=text,
        values={"points": review.points, **values},
        url=reverse("points:held", args=[review.pk]),
        key=f"review:{review.pk}:{event}",
        at=at,
        sms=sms,
    )
