"""Addresses name members, often by phone; the lines of the log do not (H6, H7)."""

import re

from django.dispatch import receiver
from django_structlog import signals

MEMBER = re.compile(r"(/api/v1/members/).+?(?=/balance(?:\?|$)|\?|$)|([?&]member=)[^&]*")


@receiver([signals.bind_extra_request_metadata, signals.bind_extra_request_finished_metadata])
@receiver(signals.bind_extra_request_failed_metadata)
def leave_members_out(log_kwargs, **_):
    """Put an ellipsis where the address names a member."""
    log_kwargs["request"] = MEMBER.sub(lambda found: f"{found[1] or found[2]}…", log_kwargs["request"])
