"""Members as tills, shops and files name them (H3, C1)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ExternalMember(models.Model):
    """How somebody outside names a member: ``source`` is ``partner:<code>``, or ``file`` for imported purchases."""

    source = models.CharField(_("source"), max_length=32)
    external_id = models.CharField(_("number there"), max_length=64)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="external_names", verbose_name=_("member")
    )
    linked_at = models.DateTimeField(_("linked at"))

    class Meta:
        verbose_name = _("external member")
        verbose_name_plural = _("external members")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="points_external_member_once"),
            models.CheckConstraint(condition=~Q(external_id="") & ~Q(source=""), name="points_external_member_named"),
        ]
        indexes = [models.Index(fields=["member", "source"], name="points_external_member_of")]

    def __str__(self):
        return f"{self.source} {self.external_id}"
