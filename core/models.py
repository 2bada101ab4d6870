"""Tables of the shared kernel: audit trail, outbox, parameters, counters, and what needs a second person."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import codes


class AuditEvent(models.Model):
    """Who did what to which thing. No foreign keys: the trail never disturbs live data and outlives it."""

    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    event = models.CharField(_("event"), max_length=64)
    subject = models.CharField(_("subject"), max_length=64)
    data = models.JSONField(_("data"), default=dict)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject_at"),
            models.Index(fields=["-at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{codes.word('event', self.event)} · {codes.word('subject', self.subject)}"


class OutboxMessage(models.Model):
    """Something that must follow a committed change, and may be late. Unhandled while ``handled_at`` is empty."""

    topic = models.CharField(_("topic"), max_length=64)
    key = models.CharField(_("key"), max_length=128, unique=True)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created at"))
    next_try_at = models.DateTimeField(_("next try at"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    handled_at = models.DateTimeField(_("handled at"), null=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox")
        permissions = [("retry_outboxmessage", _("Can try outbox messages again"))]
        indexes = [
            models.Index(fields=["next_try_at"], name="outbox_due", condition=models.Q(handled_at__isnull=True)),
            models.Index(fields=["handled_at"], name="outbox_handled", condition=models.Q(handled_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{codes.word('topic', self.topic)} #{self.pk}"


class ParameterValue(models.Model):
    """The value that staff set for a parameter (``core.parameters``). Without a row the default applies."""

    name = models.CharField(_("name"), max_length=64, primary_key=True)
    value = models.JSONField(_("value"))
    changed_at = models.DateTimeField(_("changed at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        permissions = [("approve_parametervalue", _("Can approve parameters that others want to change"))]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """How often something was done in the window that ends at ``ends_at`` (``core.limits``). Names identify no
    person."""

    name = models.CharField(_("name"), max_length=128, primary_key=True)
    count = models.IntegerField(_("count"))
    ends_at = models.DateTimeField(_("ends at"))

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return self.name


class Approval(models.Model):
    """A request to move value: done at once within one person's daily limit, else waiting for a second person
    (``core.approvals``).

    ``kind`` says what is requested and gives the unit of ``amount``; ``shares`` is ``{member id: amount}`` for those
    who receive it. ``data`` describes the act as requested. ``owners`` are further actors who may not decide. No
    foreign keys, as in the audit trail.
    """

    class State(models.TextChoices):
        DONE = "done", _("Done by one person")
        PENDING = "pending", _("Waits for a second person")
        APPROVED = "approved", _("Approved and done")
        REFUSED = "refused", _("Refused")

    kind = models.CharField(_("kind"), max_length=32)
    subject = models.CharField(_("subject"), max_length=100)
    amount = models.BigIntegerField(_("amount"), default=0)
    shares = models.JSONField(_("who gets how much"), default=dict)
    data = models.JSONField(_("what it does"), default=dict)
    owners = models.JSONField(_("who else may not decide"), default=list)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.CharField(_("requested by"), max_length=64)
    at = models.DateTimeField(_("requested at"))
    state = models.CharField(_("state"), max_length=8, choices=State)
    decided_by = models.CharField(_("decided by"), max_length=64, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="approval_amount"),
            models.CheckConstraint(condition=~Q(decided_by=F("by")), name="approval_two_people"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "pending"], decided_by="", decided_at__isnull=True)
                | (Q(state__in=["approved", "refused"], decided_at__isnull=False) & ~Q(decided_by="")),
                name="approval_state",
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="approval_done", condition=Q(state="done")),
            models.Index(fields=["kind", "subject"], name="approval_waiting", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"  # the kind says what it is (``core.approvals``)

    @property
    def waits(self) -> bool:
        """Whether a second person has to decide; if not, the requester goes on."""
        return self.state == self.State.PENDING
