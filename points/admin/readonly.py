"""What moves only by services is looked at here, never edited; an act is a page with one form and one service call."""

from django.contrib import messages
from django.shortcuts import redirect, render
from unfold.admin import ModelAdmin

from core.errors import DomainError


class LookOnlyAdmin(ModelAdmin):
    """No adding, changing, deleting."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def page(self, request, template, **context):
        """An own page inside the staff's frame."""
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})

    def act_page(self, request, form, act, *, title, label, back_url, facts=(), tone="primary"):
        """Show ``form``; when it comes back valid, ``act(data)`` calls one service and says where to go and what to
        tell: ``(url, text)``. A refusal stands on the page, and what was typed stays. ``facts`` are pairs above it."""
        if request.method == "POST" and form.is_valid():
            try:
                url, text = act(form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, text)
                return redirect(url)
        return self.page(
            request,
            "points/admin/act.html",
            title=title,
            form=form,
            label=label,
            back_url=back_url,
            facts=facts,
            is_danger=tone == "danger",
        )
