"""Staff read the audit trail and the outbox; nobody writes them by hand."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action

from core import actors, clock, outbox
from core.models import AuditEvent, OutboxMessage


class ReadOnlyAdmin(ModelAdmin):
    """Pages of rows that only services write: staff may look, with the view permission."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "by", "event", "subject"]
    # No filter by event: its choices would be collected from the whole trail for every page.
    search_fields = ["subject__exact", "by__exact", "event__exact"]
    search_help_text = _("the whole subject, actor or event, for example order:2026112000048, staff:3 or order.shipped")
    show_full_result_count = False
    ordering = ["-at"]


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "topic", "key", "tries", "handled_at", "last_error"]
    list_filter = [("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["key__exact", "topic__exact"]
    search_help_text = _("the whole key or topic, for example member.signed_up")
    show_full_result_count = False
    ordering = ["-pk"]
    actions = ["try_again"]

    @action(description=_("Try again now"), permissions=["retry"])
    def try_again(self, request, queryset):
        count = outbox.retry(queryset.values_list("pk", flat=True), by=actors.staff(request.user.pk), at=clock.now())
        messages.success(request, ngettext("%d message will be tried.", "%d messages will be tried.", count) % count)

    def has_retry_permission(self, request):
        return request.user.has_perm("core.retry_outboxmessage")
