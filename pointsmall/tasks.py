"""Background work of the mall as a whole."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def clear_sessions():
    """Delete sessions that ended; nothing else does."""
    call_command("clearsessions")
