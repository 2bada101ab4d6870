"""Staff can view sign-ins; nobody can edit them, because points were paid for each."""

from django.contrib import admin

from activities.models import SignIn
from core.staff import LookOnlyAdmin


@admin.register(SignIn)
class SignInAdmin(LookOnlyAdmin):
    list_display = ["local_date", "member", "day", "points", "at"]
    list_filter = ["local_date"]
    list_select_related = ["member"]
    search_fields = ["member__nickname", "member__username", "member__phone"]
    show_full_result_count = False
    ordering = ["-pk"]  # the order in which they happened, and indexed
