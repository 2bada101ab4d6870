"""The member's own pages: 我的, nickname, phone (A4, A5)."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts import limits, phones, proof, queries, services
from accounts.changes import PhoneChange
from accounts.forms import PhoneForm, ProfileForm
from accounts.views.entrance import CodeView
from core import actors, clock


@login_required
def profile(request):
    """我的: the member's name, orders by state, and links to all of the member's pages."""
    member = request.user
    return render(
        request,
        "accounts/profile.html",
        {
            "address_count": queries.addresses_of(member).count(),
            "email": queries.emails_of(member).first(),
            "second_factor": is_mfa_enabled(member),
            "unread": queries.unread_notices(member),
        },
    )


@login_required
def edit(request):
    """The member's nickname, and the birthday once (A4)."""
    form = ProfileForm(request.POST or None, member=request.user)
    if request.method == "POST" and form.is_valid():
        act = {"member": request.user, "by": actors.member(request.user.pk), "at": clock.now()}
        try:
            with transaction.atomic():
                services.rename(nickname=form.cleaned_data["nickname"], **act)
                if birthday := form.cleaned_data.get("birthday"):
                    services.set_birthday(birthday=birthday, **act)
        except (services.BirthdayNotValid, services.BirthdaySet) as error:
            form.add_error("birthday" if "birthday" in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:profile")
    return render(request, "accounts/edit.html", {"form": form})


@method_decorator([login_required, proof.required], "dispatch")
class PhoneChangeView(FormView):
    """Takes a new number and sends a code to it. Its owner can sign in to the account, so a proof is needed first."""

    form_class = PhoneForm
    template_name = "accounts/phone.html"

    def form_valid(self, form):
        phone, member = form.cleaned_data["phone"], self.request.user
        if phone == member.phone and member.phone_verified:
            form.add_error("phone", _("This is your number already."))
            return self.form_invalid(form)
        try:
            PhoneChange.begin(self.request, to=phone)
        except limits.NoCode as error:
            form.add_error("phone", str(error))
            return self.form_invalid(form)
        return redirect("accounts:phone_code")

    def get_context_data(self, **kwargs):
        return super().get_context_data(phone=phones.mask(self.request.user.phone), **kwargs)


@method_decorator(login_required, "dispatch")
class PhoneChangeCodeView(CodeView):
    code_class = PhoneChange
    start = "accounts:phone"

    def finish(self):
        try:
            self.code.finish()
        except services.PhoneTaken as error:
            messages.error(self.request, str(error))
            return redirect(self.start)
        proof.keep_session(self.request)
        messages.success(self.request, _("Your mobile number is changed."))
        return redirect("accounts:profile")
