"""Template tags and filters for all pages. They format strings and do not render templates, except ``field`` and
``form_errors``, which let the form's own widgets render."""

from functools import cache
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lucide.templatetags.lucide import lucide

from core import formats

register = template.Library()
register.filter("points", formats.grouped)
for written in (
    formats.signed, formats.yuan, formats.yuan_sum, formats.price_text,
    formats.shop_day, formats.last_day, formats.shop_time, formats.days_until,
):  # fmt: skip
    register.filter(written)


def _spoken(points: int, fen: int) -> str:
    if points and fen:
        return _("%(points)s points plus %(yuan)s yuan") % {
            "points": f"{points:,}",
            "yuan": formats.yuan_number(fen, False),
        }
    if fen:
        return _("%(yuan)s yuan") % {"yuan": formats.yuan_number(fen, False)}
    return _("%(points)s points") % {"points": f"{points:,}"}


@register.simple_tag
def price(
    points: int | None, fen: int | None = 0, size: str = "card", old_points: int | None = None, old_fen: int | None = 0
) -> SafeString:
    """A price in the current look: points mark, number, unit, "+ ¥"; one sentence for a screen reader.

    ``points`` and ``fen`` are integers, either may be 0. ``size`` is ``row``, ``shelf``, ``card``, ``option``,
    ``total`` or ``detail``. An old price is struck through: only the number when both are points only, else the whole
    old price on its own line.
    """
    points, fen, old_points, old_fen = points or 0, fen or 0, old_points or 0, old_fen or 0
    spoken, unit = _spoken(points, fen), _("points")
    parts = []
    if points or not fen:
        parts.append(f'<span><i class="mark"></i><b>{points:,}</b><small>{unit}</small></span>')
    if fen:
        plus = '<span class="plus">+</span> ' if points else ""
        parts.append(f'<span>{plus}<span class="cash"><i>¥</i>{formats.yuan_number(fen, False)}</span></span>')
    if old_points or old_fen:
        spoken = _("%(price)s, before %(old)s") % {"price": spoken, "old": _spoken(old_points, old_fen)}
        if fen or old_fen:
            parts.append(f'<s class="old">{formats.price_text(old_points, old_fen)}</s>')
        else:
            parts.append(f"<s>{old_points:,}</s>")
    name = "price" if size == "card" else f"price price--{size}"
    return mark_safe(  # noqa: S308 - numbers and our own words only
        f'<span class="{name}"><span class="visually-hidden">{spoken}</span>'
        f'<span aria-hidden="true" class="price__show">{" ".join(parts)}</span></span>'
    )


# Pictures


@cache
def _icon(name: str, size: int) -> SafeString:
    drawn = lucide(name)
    inner = "".join(line.strip() for line in drawn[drawn.index(">") + 1 : drawn.rindex("<")].splitlines())
    return mark_safe(  # noqa: S308 - the package's own drawing
        f'<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>'
    )


@register.simple_tag
def icon(name: object, size: int = 20) -> SafeString:
    """A drawing of the lucide package, hidden from screen readers; ``size`` in px."""
    return _icon(str(name), int(size))


@register.simple_tag
def avatar(user: object, size: str = "") -> SafeString:
    """The first letter of the member's name in a square; ``size`` is ``large`` or nothing."""
    name = str(getattr(user, "display_name", "") or user)
    letter = name.lstrip("+#")[:1].upper()
    return format_html(
        '<span class="avatar{}" aria-hidden="true">{}</span>', f" avatar--{size}" if size else "", letter
    )


@cache
def _has_styles(path: str) -> bool:
    return finders.find(path) is not None


@register.simple_tag(takes_context=True)
def page_styles(context: dict[str, Any]) -> str:
    """The link to ``css/pages/<app>.css`` of the app whose page this is, where there is one."""
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None:
        return ""
    # allauth's pages have no namespace and are recognised by name.
    app = match.app_name or ("home" if match.view_name == "home" else "accounts")
    path = f"css/pages/{app}.css"
    return format_html('<link rel="stylesheet" href="{}">', static(path)) if _has_styles(path) else ""


# Forms

_CHOICES = {"radioselect", "checkboxselectmultiple"}


def _error(text: str, error_id: str) -> SafeString:
    return format_html(
        '<p class="field__error" id="{}">{}<span>{}</span></p>', error_id, _icon("circle-alert", 16), text
    )


@register.simple_tag
def field(bound: BoundField, label: str | None = None, placeholder: str | None = None) -> str:
    """A whole form field: label ("选填" when it may stay empty), control, help, errors.

    Django ties help and errors to the control by ``aria-describedby``; attributes of the widget
    (``autocomplete``, ``inputmode``) are kept.
    """
    if bound.is_hidden:
        return bound.as_widget()
    help_id, error_id = f"{bound.auto_id}_helptext", f"{bound.auto_id}_error"
    described = [error_id] if bound.errors else []
    if bound.help_text:
        described.insert(0, help_id)
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if placeholder:
        attrs["placeholder"] = placeholder
    control = bound.as_widget(attrs=attrs)
    text = conditional_escape(label if label is not None else bound.label)
    kind = bound.widget_type
    optional = "" if bound.field.required else format_html('<span class="optional">{}</span>', _("optional"))
    help_text = (
        format_html('<p class="field__help" id="{}">{}</p>', help_id, bound.help_text) if bound.help_text else ""
    )
    error = _error(" ".join(map(str, bound.errors)), error_id) if bound.errors else ""
    if kind == "checkbox":
        shape = '<div class="field"><label class="check">{1}<span>{0}</span></label>{3}{4}</div>'
    elif kind in _CHOICES:
        shape = '<fieldset class="field field__choices"><legend>{0}{2}</legend>{1}{3}{4}</fieldset>'
    else:
        shape = '<div class="field"><label for="{5}">{0}{2}</label>{1}{3}{4}</div>'
    return format_html(shape, text, control, optional, help_text, error, bound.id_for_label)


@register.simple_tag
def form_errors(form: BaseForm) -> str:
    """The summary on top of a refused form, with a link to each field; empty when there are no errors."""
    if not form.errors:
        return ""
    wrong = [bound for bound in form.visible_fields() if bound.errors]
    links = format_html_join("", '<li><a href="#{}">{}</a></li>', ((b.id_for_label, b.label) for b in wrong))
    general = format_html_join("", '<li class="alone">{}</li>', ((error,) for error in form.non_field_errors()))
    count = len(wrong)
    title = (
        ngettext("%(count)s thing to correct", "%(count)s things to correct", count) % {"count": count}
        if count
        else _("That did not work")
    )
    return format_html(
        '<div class="errors" role="alert" tabindex="-1" autofocus>{}<div><h2>{}</h2><ul>{}{}</ul></div></div>',
        _icon("circle-alert", 20),
        title,
        general,
        links,
    )
