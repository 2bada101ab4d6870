"""What the use of a key leaves (H3)."""

from datetime import timedelta

from points.partners.models import PartnerKey

NOTED = timedelta(hours=1)


def note_use(*, key, at):
    """Staff see when a key was last used, to the hour: enough to know when the old one of two can go."""
    if key.last_used_at is None or at - key.last_used_at >= NOTED:
        PartnerKey.objects.filter(pk=key.pk).update(last_used_at=at)
