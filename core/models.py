"""Tables of the shared kernel: the audit trail, the outbox, parameters and counters."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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

    def __str__(self):
        return f"{self.event} {self.subject}"


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
        indexes = [models.Index(fields=["next_try_at"], name="outbox_due", condition=models.Q(handled_at__isnull=True))]

    def __str__(self):
        return f"{self.topic} {self.key}"


class ParameterValue(models.Model):
    """What staff set a parameter to (``core.parameters``); no row, no change from the default."""

    name = models.CharField(_("name"), max_length=64, primary_key=True)
    value = models.JSONField(_("value"))
    changed_at = models.DateTimeField(_("changed at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")

    def __str__(self):
        return self.name


class Counter(models.Model):
    """How often something was done until ``ends_at`` (``core.limits``). No name tells of a person."""

    name = models.CharField(_("name"), max_length=128, primary_key=True)
    count = models.IntegerField(_("count"))
    ends_at = models.DateTimeField(_("ends at"))

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self):
        return self.name
