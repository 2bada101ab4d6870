"""Staff look at sign-ins; nobody edits them, points were paid for each."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from activities.models import SignIn


@admin.register(SignIn)
class SignInAdmin(ModelAdmin):
    list_display = ["local_date", "member", "day", "points", "at"]
    list_filter = ["local_date"]
    list_select_related = ["member"]
    search_fields = ["member__nickname", "member__username", "member__phone"]
    date_hierarchy = "local_date"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
