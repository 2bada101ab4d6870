"""What moves only by services is looked at here, never edited."""

from unfold.admin import ModelAdmin, TabularInline


class LookOnly:
    """No adding, changing, deleting."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LookOnlyAdmin(LookOnly, ModelAdmin):
    pass


class LookOnlyInline(LookOnly, TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_view_permission(self, request, obj=None):
        """Who may see the order sees what belongs to it."""
        return True
