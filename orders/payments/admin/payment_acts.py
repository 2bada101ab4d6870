"""What staff may do to a payment, each as a page with one form and one service call (F4, F6)."""

import uuid
from functools import partial

from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from core import actors, clock
from core.formats import yuan_sum
from orders.models import Payment, PaymentRefund, PaymentState, RefundState
from orders.payments.admin.notes import ConfirmForm, MarkPaidForm, NoteForm, RefundForm
from orders.payments.services import by_hand, paying

LONGEST_NUMBER = 19  # digits of a key


class PaymentActs:
    """For a ``LookOnlyAdmin`` of payments."""

    actions_detail = [
        "ask_again",
        "mark_paid",
        "mark_unpaid",
        "give_back",
        "accept_disputed",
        "refund_disputed",
        "refund_again",
        "settle_by_hand",
    ]

    # Who may what: the permission, and a payment where there is something to decide

    def has_ask_permission(self, request, object_id=None):
        names = ("refund_payment", "settle_payment", "mark_payment")
        return any(request.user.has_perm(f"orders.{name}") for name in names)

    def has_mark_permission(self, request, object_id=None):
        return _may(request, "mark_payment", object_id, state__in=paying.STILL_ASKED)

    def has_refund_permission(self, request, object_id=None):
        return _may(request, "mark_payment", object_id, state=PaymentState.PAID)

    def has_dispute_permission(self, request, object_id=None):
        return _may(request, "settle_payment", object_id, state=PaymentState.DISPUTED)

    def has_refund_again_permission(self, request, object_id=None):
        return _may(request, "refund_payment", object_id, pk__in=_refunds(object_id, state=RefundState.REFUSED))

    def has_settle_permission(self, request, object_id=None):
        return _may(request, "settle_payment", object_id, pk__in=_refunds(object_id, look_since__isnull=False))

    # Acts

    @action(description=_("Ask the provider"), url_path="ask", permissions=["ask"], icon="sync")
    def ask_again(self, request, object_id):
        """Whatever the books say, the provider is asked now."""

        def act(payment, data):
            payment = paying.ask_again(payment=payment, by=actors.staff(request.user.pk), at=clock.now())
            told = {"word": payment.said or "—", "state": payment.get_state_display()}
            return _("Asked. The provider's word: %(word)s. The payment: %(state)s.") % told

        return self._act(request, object_id, ConfirmForm, act, title=_("Ask the provider what became of it"))

    @action(description=_("Mark as paid"), url_path="paid", permissions=["mark"], icon="check_circle")
    def mark_paid(self, request, object_id):
        """The money is there, though the provider's interface does not say so."""
        return self._ask(
            request,
            object_id,
            partial(
                MarkPaidForm, initial={"amount_fen": _rows(object_id).values_list("amount_fen", flat=True).first()}
            ),
            by_hand.mark_paid,
            title=_("Mark the payment as paid"),
            done=_("Marked. The order has gone on, or the money goes back if nobody waited for it."),
        )

    @action(description=_("Mark as not paid"), url_path="unpaid", permissions=["mark"], icon="cancel")
    def mark_unpaid(self, request, object_id):
        """No money came, and none will."""

        def act(payment, data):
            paying.mark_unpaid(payment=payment, by=actors.staff(request.user.pk), at=clock.now(), **data)
            return _("Marked. The provider is not asked any more.")

        return self._act(request, object_id, NoteForm, act, title=_("Mark the payment as not paid"))

    @action(description=_("Give money back"), url_path="refund", permissions=["refund"], icon="undo")
    def give_back(self, request, object_id):
        """Cash goes back without an after-sale request."""
        return self._ask(
            request,
            object_id,
            partial(RefundForm, initial={"form_key": uuid.uuid4()}),
            by_hand.give_back,
            title=_("Give money back"),
            done=_("The money goes back within a minute."),
        )

    @action(description=_("Accept what arrived"), url_path="accept", permissions=["dispute"], icon="check")
    def accept_disputed(self, request, object_id):
        """Something else arrived, and finance let it count."""
        return self._ask(
            request,
            object_id,
            NoteForm,
            by_hand.accept_payment,
            title=_("Accept what arrived as payment"),
            done=_("Accepted. The order has gone on, or the money goes back if nobody waited for it."),
        )

    @action(description=_("Send it back"), url_path="send-back", permissions=["dispute"], icon="undo")
    def refund_disputed(self, request, object_id):
        """Something else arrived, and the member gets it back."""

        def act(payment, data):
            paying.refund_disputed(payment=payment, by=actors.staff(request.user.pk), at=clock.now(), **data)
            return _("The money goes back within a minute.")

        return self._act(request, object_id, NoteForm, act, title=_("Send back what arrived"))

    @action(description=_("Try the refund again"), url_path="refund-again", permissions=["refund_again"], icon="replay")
    def refund_again(self, request, object_id):
        """The provider refused; what was wrong there has been put right meanwhile."""

        def act(payment, data):
            paying.refund_again(payment=payment, by=actors.staff(request.user.pk), at=clock.now())
            return _("The refund is tried again within a minute.")

        return self._act(request, object_id, ConfirmForm, act, title=_("Try the refund again"))

    @action(description=_("Settled by hand"), url_path="settle", permissions=["settle"], icon="handshake")
    def settle_by_hand(self, request, object_id):
        """The provider refused for good, or leaves us in the dark, and the member has the money by another way."""
        return self._ask(
            request,
            object_id,
            NoteForm,
            by_hand.settle_refund,
            title=_("The refund was settled by hand"),
            done=_("Written down: the refund is settled."),
        )

    def _ask(self, request, object_id, form, service, *, title, done):
        """An act that may need a second person."""

        def act(payment, data):
            return service(payment=payment, by=actors.staff(request.user.pk), at=clock.now(), **data) or done

        return self._act(request, object_id, form, act, title=title)

    def _act(self, request, object_id, form, act, *, title):
        return self.act_on(request, object_id, form, act, title=title, label=_("Confirm"))

    def facts(self, payment):
        return [
            (_("reference"), payment.reference),
            (_("state"), payment.get_state_display()),
            (_("the provider's word"), payment.said or "—"),
            (_("amount"), yuan_sum(payment.amount_fen)),
            (_("arrived"), yuan_sum(payment.arrived_fen) if payment.paid_at or payment.paid_fen else "—"),
            (_("given back"), yuan_sum(payment.returned_fen)),
        ]


def _may(request, permission, object_id, **where):
    """Whether somebody may do it at all, and to that payment, where one is meant."""
    if not request.user.has_perm(f"orders.{permission}"):
        return False
    return object_id is None or _rows(object_id).filter(**where).exists()


def _refunds(object_id, **where):
    return PaymentRefund.objects.filter(payment__in=_rows(object_id), **where).values("payment_id")


def _rows(object_id):
    """The payment that an address names, if it names one."""
    text = str(object_id)
    is_number = text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER
    return Payment.objects.filter(pk=int(text)) if is_number else Payment.objects.none()
