"""Sample forms and values for the gallery of components, in development only. Chinese only."""

from types import SimpleNamespace

from django import forms

STATES = [("done", 5), ("done", 8), ("done", 12), ("done", 14), ("today", 16), ("later", 18), ("bonus", 70)]


class SampleForm(forms.Form):
    """One field of each kind, to be shown empty, filled and refused."""

    name = forms.CharField(label="收货人", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.RegexField(
        r"^\d{11}$",
        label="手机号",
        error_messages={"invalid": "手机号是11位，现在只有10位"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    region = forms.ChoiceField(
        label="所在地区",
        choices=[("110105", "北京市 朝阳区")],
        help_text="选错了也没关系，下单前还能改",
    )
    detail = forms.CharField(label="详细地址", error_messages={"required": "请填写门牌号，快递员要用"})
    note = forms.CharField(label="留言", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    kind = forms.ChoiceField(label="标签", choices=[("a", "家"), ("b", "公司")], widget=forms.RadioSelect)
    is_default = forms.BooleanField(label="设为默认地址", required=False)


def sample():
    """Shape: the context of ``dev/components.html``."""
    days = [
        SimpleNamespace(label=f"{number}", points=points, state=state)
        for number, (state, points) in enumerate(STATES, 1)
    ]
    return {
        "fresh_form": SampleForm(),
        "refused_form": SampleForm(
            {"name": "林晓雯", "phone": "1380000001", "region": "110105", "kind": "a", "is_default": "on"}
        ),
        "strip": SimpleNamespace(
            streak=4, signed_today=False, today_points=16, days=days, days_to_bonus=3, bonus_points=50
        ),
        "bars": [(12, 680, 0.37), (1, 420, 0.23), (2, 40, 0.02), (3, 1260, 0.68), (4, 900, 0.49), (5, 1850, 1)],
    }
