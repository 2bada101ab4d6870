"""What members send to redeem a coupon."""

from django import forms


class RedeemCouponForm(forms.Form):
    """``form_key`` makes a second submission harmless."""

    form_key = forms.UUIDField()
