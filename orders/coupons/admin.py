"""Coupons: the types that staff keep, giving them out, withdrawing one (F11)."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.finding import find_members
from catalog.forms import YuanField
from core import actors, clock, tables
from core.formats import price_text
from core.staff import LookOnlyAdmin, StaffAdmin, StaffPages, waits
from core.tables.fields import TableField
from orders.coupons import queries, rules
from orders.coupons.services import coupons
from orders.coupons.services.by_hand import give_coupons
from orders.models import Coupon, CouponType
from points.tiers import rules as tiers

MOST_NAMES = 5_000
MOST_BYTES = 1024 * 1024
MEMBER = tables.Column("member", "会员", ("手机号",), is_code=True, most=254)
SHOWN_UNKNOWN = 5
TONES = {
    Coupon.State.UNUSED: "success",
    Coupon.State.USED: "info",
    Coupon.State.EXPIRED: "default",
    Coupon.State.REVOKED: "danger",
}


class CouponTypeForm(forms.ModelForm):
    off_fen = YuanField(label=_("Cash off (yuan)"), help_text=_("Only for cash off."))
    minimum_fen = YuanField(label=_("From cash for goods of (yuan)"), help_text=_("Empty: from any amount on."))

    class Meta:
        model = CouponType
        fields = [
            "code",
            "name",
            "name_en",
            "kind",
            "off_fen",
            "percent",
            "minimum_fen",
            "points_price",
            "total",
            "per_member",
            "offered_from",
            "offered_until",
            "valid_days",
            "valid_until",
            "is_active",
            "position",
        ]

    def clean_off_fen(self):
        return self.cleaned_data["off_fen"] or 0

    def clean_minimum_fen(self):
        return self.cleaned_data["minimum_fen"] or 0


class GiveForm(forms.Form):
    """Who gets one: members by name, one a line, typed or in a file; or everybody of a tier."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    names = forms.CharField(
        required=False,
        max_length=MOST_BYTES,
        label=_("Members"),
        help_text=_("Phone, e-mail, username or number, one a line."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
    )
    file = TableField(
        required=False,
        most_bytes=MOST_BYTES,
        label=_("or a file of them"),
        help_text=_("Text, CSV or XLSX; the first column counts, at most 5,000 lines."),
    )
    tier = forms.ChoiceField(required=False, label=_("or everybody of a tier"), widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        required=False,
        max_length=200,
        label=_("Reason"),
        help_text=_("The member reads it."),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [("", "-"), *((tier.code, tier.title) for tier in tiers.all_tiers())]

    def clean_file(self):
        """The names in it."""
        file = self.cleaned_data["file"]
        if not file:
            return []
        try:
            return tables.first_column(file.read(), MEMBER, most_bytes=MOST_BYTES, most_lines=MOST_NAMES)
        except tables.FileNotReadable as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self):
        """``members``: ids of those who are named; None for a tier."""
        data = super().clean()
        if self.errors:
            return data
        typed = (line.partition(",")[0].strip(" \t\"'") for line in data["names"].splitlines())
        names = [*filter(None, typed), *data["file"]]
        if bool(names) == bool(data.get("tier")):
            raise forms.ValidationError(_("Name members, or choose a tier."))
        if len(names) > MOST_NAMES:
            raise forms.ValidationError(_("At most %(most)s members at once."), params={"most": MOST_NAMES})
        found = find_members(names)
        if unknown := [name for name in names if name not in found]:
            shown = ", ".join(unknown[:SHOWN_UNKNOWN])
            raise forms.ValidationError(
                _("%(count)s are nobody's: %(names)s"), params={"count": len(unknown), "names": shown}
            )
        return data | {"members": sorted(set(found.values())) or None}


class RevokeForm(forms.Form):
    """Why a coupon is withdrawn."""

    reason = forms.CharField(max_length=200, label=_("Reason"), widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))


@admin.register(CouponType)
class CouponTypeAdmin(StaffPages, StaffAdmin):
    form = CouponTypeForm
    list_display = ["name", "kind", "gives", "price", "issued", "total", "is_active", "position"]
    list_filter = ["kind", "is_active"]
    list_filter_sheet = False
    search_fields = ["name", "name_en", "code"]
    actions_detail = ["give"]
    readonly_fields = ["issued"]
    fieldsets = [
        (None, {"fields": [("name", "name_en"), ("code", "kind")]}),
        (_("What it gives"), {"fields": [("off_fen", "minimum_fen"), "percent"]}),
        (
            _("How it is had"),
            {"fields": ["points_price", ("total", "per_member"), ("offered_from", "offered_until"), "issued"]},
        ),
        (_("How long it lives"), {"fields": [("valid_days", "valid_until")]}),
        (None, {"fields": [("is_active", "position")]}),
    ]

    def has_delete_permission(self, request, obj=None):
        """Members have some; take it out of use instead."""
        return False

    def has_give_permission(self, request, object_id=None):
        return request.user.has_perm("orders.issue_coupon")

    def save_model(self, request, obj, form, change):
        by = actors.staff(request.user.pk)
        coupons.save_type(coupon_type=obj, by=by, at=clock.now(), changed=form.changed_data)

    @display(description=_("gives"))
    def gives(self, coupon_type):
        return rules.terms(coupon_type)

    @display(description=_("points price"), ordering="points_price")
    def price(self, coupon_type):
        return price_text(coupon_type.points_price) if coupon_type.points_price else "-"

    @action(description=_("Give out"), url_path="give", permissions=["give"], icon="redeem", variant="primary")
    def give(self, request, object_id):
        """To members who are named at once, to a tier or many in the background."""
        coupon_type = get_object_or_404(CouponType, pk=object_id)
        page_url = reverse("admin:orders_coupontype_change", args=[coupon_type.pk])
        by = actors.staff(request.user.pk)

        def act(data):
            approval, given = give_coupons(
                coupon_type=coupon_type,
                members=data["members"] or queries.members_of_tier(data["tier"]),
                key=f"staff:{data['form_key']}",
                by=by,
                at=clock.now(),
                reason=data["reason"],
                later=data["members"] is None,
            )
            if approval.waits:
                return waits(approval)
            if given is None:
                return page_url, _("The coupons are on their way to the members.")
            if given.skipped:
                text = ngettext(
                    "%(count)s member has had as many as one may have, and was left out.",
                    "%(count)s members have had as many as one may have, and were left out.",
                    len(given.skipped),
                )
                messages.warning(request, text % {"count": len(given.skipped)})
            text = ngettext("%(count)s coupon given.", "%(count)s coupons given.", given.count)
            return page_url, text % {"count": given.count}

        return self.act_page(
            request,
            GiveForm(request.POST or None, request.FILES or None, initial={"form_key": uuid.uuid4()}),
            act,
            title=_("Give out: %(name)s") % {"name": coupon_type.title},
            label=_("Give the coupons"),
            back_url=page_url,
            facts=[(_("gives"), rules.terms(coupon_type))],
        )


@admin.register(Coupon)
class CouponAdmin(LookOnlyAdmin):
    list_display = ["type", "member", "state_label", "source", "issued_at", "expires_at", "order"]
    list_filter = ["state", "source", "type"]
    list_select_related = ["type", "member", "order"]
    list_filter_sheet = False
    search_fields = ["member__phone__exact", "member__username__exact", "order__number__exact"]
    search_help_text = _("Phone, username or order number")
    ordering = ["-pk"]
    fields = [
        ("type", "member"),
        ("state", "source"),
        ("kind", "gives"),
        ("issued_at", "expires_at"),
        ("order", "used_at"),
        ("points", "by"),
        "reason",
    ]
    readonly_fields = ["gives"]
    actions_detail = ["revoke"]

    def has_revoke_permission(self, request, object_id=None):
        may = request.user.has_perm("orders.revoke_coupon")
        return may and (object_id is None or Coupon.objects.filter(pk=object_id, state=Coupon.State.UNUSED).exists())

    @display(description=_("state"), ordering="state", label=TONES)
    def state_label(self, coupon):
        return coupon.state, coupon.get_state_display()

    @display(description=_("gives"))
    def gives(self, coupon):
        return rules.terms(coupon)

    @action(description=_("Withdraw"), url_path="revoke", permissions=["revoke"], icon="block", variant="danger")
    def revoke(self, request, object_id):
        """Nobody can use it any more; points that were paid for it come back."""
        coupon = get_object_or_404(Coupon.objects.select_related("type", "member"), pk=object_id)
        page_url = reverse("admin:orders_coupon_change", args=[coupon.pk])
        if not self.has_revoke_permission(request):
            raise PermissionDenied

        def act(data):
            by = actors.staff(request.user.pk)
            coupons.revoke(coupon=coupon, by=by, at=clock.now(), reason=data["reason"])
            return page_url, _("Withdrawn.")

        if coupon.state != Coupon.State.UNUSED:
            messages.error(request, str(coupons.CouponNotUnused()))
            return redirect(page_url)
        return self.act_page(
            request,
            RevokeForm(request.POST or None),
            act,
            title=_("Withdraw a coupon"),
            label=_("Withdraw it"),
            back_url=page_url,
            facts=[
                (_("coupon"), coupon.type.title),
                (_("member"), coupon.member.display_name),
                (_("points that come back"), coupon.points),
            ],
            tone="danger",
        )
