"""Staff set partners up, hand out and revoke their keys, and see what they did (H3)."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from core import actors, clock
from core import staff_tables as tables
from core.errors import DomainError
from core.formats import grouped, signed
from core.staff import LookOnlyAdmin, waits
from points.partners import tasks
from points.partners.admin.partner_forms import KeyForm, NewPartnerForm, PartnerForm, RevokeForm, WebhookForm
from points.partners.models import (
    Deduction,
    Event,
    Partner,
    PartnerCall,
    PartnerEntry,
    PartnerKey,
    Scope,
    WebhookDelivery,
)
from points.partners.services import opening, setup, webhooks
from points.partners.wording import labels

LATEST = 20
Held, Delivery = Deduction.State, WebhookDelivery.State


@admin.register(Partner)
class PartnerAdmin(LookOnlyAdmin):
    list_display = ["code", "name", "is_active", "given_today", "deducted_today", "calls_per_minute"]
    list_display_links = ["code", "name"]
    list_select_related = ["book"]
    ordering = ["code"]
    fields = [
        ("code", "name"),
        ("is_active", "calls_per_minute"),
        ("given_today", "deducted_today"),
        ("webhook_url", "told_of"),
    ]
    readonly_fields = ["given_today", "deducted_today", "told_of"]
    change_form_template = "points/admin/account.html"
    actions_detail = ["edit", "make_key", "webhook"]

    # Who may what

    def has_view_permission(self, request, obj=None):
        may = ("view_partner", "manage_partner", "manage_partner_keys")
        return any(request.user.has_perm(f"points.{name}") for name in may)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return self.has_manage_permission(request)

    def has_manage_permission(self, request, object_id=None):
        return request.user.has_perm("points.manage_partner")

    def has_keys_permission(self, request, object_id=None):
        return request.user.has_perm("points.manage_partner_keys")

    # The list and the page of one

    @display(description=_("given today"))
    def given_today(self, partner):
        return _of_today(partner, partner.book.given_points, partner.daily_grant_points)

    @display(description=_("deducted today"))
    def deducted_today(self, partner):
        return _of_today(partner, partner.book.deducted_points, partner.daily_deduct_points)

    @display(description=_("told of"))
    def told_of(self, partner):
        return labels(Event, partner.webhook_events)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        partner = self.get_object(request, object_id)
        context = {} if partner is None else {"tables": _tables_of(partner)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # Acts

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied

        def act(data):
            _partner, approval = opening.create(**data, by=actors.staff(request.user.pk), at=clock.now())
            return waits(approval)

        return self.act_page(
            request,
            NewPartnerForm(request.POST or None),
            act,
            title=_("New partner"),
            label=_("Save"),
            back_url=reverse("admin:points_partner_changelist"),
        )

    @action(description=_("Change"), url_path="edit", permissions=["manage"], icon="edit")
    def edit(self, request, object_id):
        """Name, limits, on or off."""
        partner = self._partner(request, object_id)
        initial = {name: getattr(partner, name) for name in PartnerForm.base_fields if name != "reason"}

        def act(data):
            by = actors.staff(request.user.pk)
            if approval := opening.change(partner=partner, **data, by=by, at=clock.now()):
                return waits(approval)
            return _page_of(partner), _("Saved.")

        return self.act_page(
            request,
            PartnerForm(request.POST or None, initial=initial),
            act,
            title=partner.name,
            label=_("Save"),
            back_url=_page_of(partner),
        )

    @action(description=_("Make a key"), url_path="key", permissions=["keys"], icon="key", variant="primary")
    def make_key(self, request, object_id):
        """A new key, whose secret is shown this once."""
        partner = self._partner(request, object_id)

        def act(data):
            by = actors.staff(request.user.pk)
            key, secret, approval = opening.make_key(partner=partner, **data, by=by, at=clock.now())
            return [
                (_("Access key"), key.name),
                (_("Secret"), secret),
                (_("The key may"), labels(Scope, key.scopes)),
                (_("Signs from when"), _("a second person has approved request %(number)s") % {"number": approval}),
            ]

        return self._secret_page(request, partner, KeyForm(request.POST or None), act, _("Make a key"))

    @action(description=_("Webhook"), url_path="webhook", permissions=["manage"], icon="webhook")
    def webhook(self, request, object_id):
        """Where the partner is told of what; a new secret is shown this once."""
        partner = self._partner(request, object_id)
        initial = {"url": partner.webhook_url, "events": partner.webhook_events or Event.values}

        def act(data):
            secret = setup.set_webhook(partner=partner, **data, by=actors.staff(request.user.pk), at=clock.now())
            return secret and [(_("Address"), partner.webhook_url), (_("Webhook secret"), secret)]

        return self._secret_page(
            request, partner, WebhookForm(request.POST or None, initial=initial), act, _("Webhook")
        )

    def _partner(self, request, object_id):
        partner = self.get_object(request, object_id)
        if partner is None:
            raise Http404
        return partner

    def _secret_page(self, request, partner, form, act, title):
        """``act(data)`` returns what is to be copied now, as pairs, or nothing. Not by way of a message: those are
        kept in the session."""
        if request.method == "POST" and form.is_valid():
            try:
                facts = act(form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                if not facts:
                    messages.success(request, _("Saved."))
                    return redirect(_page_of(partner))
                response = self.page(
                    request, "points/admin/secret.html", title=partner.name, facts=facts, back_url=_page_of(partner)
                )
                add_never_cache_headers(response)
                return response
        return self.page(
            request,
            "core/admin/act.html",
            title=f"{partner.name} · {title}",
            form=form,
            label=_("Save"),
            back_url=_page_of(partner),
        )


@admin.register(PartnerKey)
class PartnerKeyAdmin(LookOnlyAdmin):
    list_display = ["name", "partner", "may", "created_at", "opened_at", "last_used_at", "revoked_at"]
    list_filter = [("opened_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["partner"]
    ordering = ["-pk"]
    fields = [
        ("name", "partner"), "may", ("created_at", "created_by"), ("opened_at", "last_used_at"),
        ("revoked_at", "revoked_by"),
    ]  # fmt: skip
    readonly_fields = ["may"]
    actions_detail = ["revoke"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("secret")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("points.view_partnerkey") or request.user.has_perm("points.manage_partner_keys")

    def has_revoke_permission(self, request, object_id=None):
        if not request.user.has_perm("points.manage_partner_keys"):
            return False
        return object_id is None or PartnerKey.objects.filter(pk=object_id, revoked_at=None).exists()

    @display(description=_("allowed to"))
    def may(self, key):
        return labels(Scope, key.scopes)

    @action(description=_("Revoke"), url_path="revoke", permissions=["revoke"], icon="block", variant="danger")
    def revoke(self, request, object_id):
        """From now on the key signs nothing."""
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404

        def act(data):
            setup.revoke_key(key=key, by=actors.staff(request.user.pk), at=clock.now())
            return _page_of(key.partner), _("Revoked. Requests with this key are refused from now on.")

        return self.act_page(
            request,
            RevokeForm(request.POST if request.method == "POST" else None),
            act,
            title=_("Revoke the key %(key)s") % {"key": key.name},
            label=_("Revoke"),
            back_url=_page_of(key.partner),
            facts=[(_("Partner"), key.partner), (_("Last used"), tables.when(key.last_used_at) or "—")],
            tone="danger",
        )


@admin.register(Deduction)
class DeductionAdmin(LookOnlyAdmin):
    list_display = ["created_at", "partner", "reference", "member", "shown_points", "state_label", "deadline"]
    list_filter = ["state", "partner"]
    list_filter_sheet = False
    list_select_related = ["partner", "member"]
    search_fields = ["reference__exact", "member__phone", "member__username"]
    search_help_text = _("The partner's reference, or the member's phone or username")
    ordering = ["-created_at"]

    @display(description=_("points"), ordering="points")
    def shown_points(self, deduction):
        return grouped(deduction.points)

    @display(
        description=_("state"),
        ordering="state",
        label={Held.HELD: "info", Held.CONFIRMED: "success", Held.CANCELLED: "", Held.EXPIRED: "warning"},
    )
    def state_label(self, deduction):
        return deduction.state, deduction.get_state_display()


@admin.register(PartnerEntry)
class PartnerEntryAdmin(LookOnlyAdmin):
    list_display = ["at", "partner", "seq", "kind", "reference", "member", "signed_points"]
    list_filter = ["partner", "kind"]
    list_filter_sheet = False
    list_select_related = ["partner", "member"]
    search_fields = ["reference__exact"]
    search_help_text = _("The partner's reference")
    ordering = ["-pk"]

    @display(description=_("points"), ordering="points")
    def signed_points(self, entry):
        return signed(entry.points)


@admin.register(PartnerCall)
class PartnerCallAdmin(LookOnlyAdmin):
    """Writes and their answers; reads and refused signatures are in the logs."""

    list_display = ["at", "partner", "operation", "status", "code", "key", "idempotency_key"]
    list_filter = ["partner", "operation", "status"]
    list_filter_sheet = False
    list_select_related = ["partner", "key"]
    search_fields = ["idempotency_key__exact"]
    search_help_text = _("The whole idempotency key")
    ordering = ["-pk"]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LookOnlyAdmin):
    list_display = ["created_at", "partner", "event", "event_id", "state_label", "tries", "latest", "next_try"]
    list_filter = ["state", "partner", "event"]
    list_filter_sheet = False
    list_select_related = ["partner"]
    search_fields = ["event_id__exact"]
    search_help_text = _("The whole event number")
    ordering = ["-created_at"]
    fields = [
        ("partner", "event"), ("created_at", "event_id"), ("state", "delivered_at"), ("tries", "next_try"),
        "answers", "sent",
    ]  # fmt: skip
    readonly_fields = ["next_try", "answers", "sent"]
    actions = ["replay"]

    def has_replay_permission(self, request):
        return request.user.has_perm("points.replay_webhookdelivery")

    @display(
        description=_("state"),
        ordering="state",
        label={Delivery.WAITING: "info", Delivery.DELIVERED: "success", Delivery.DEAD: "danger"},
    )
    def state_label(self, delivery):
        return delivery.state, delivery.get_state_display()

    @display(description=_("latest answer"))
    def latest(self, delivery):
        if not delivery.attempts:
            return "—"
        newest = delivery.attempts[-1]
        return newest["status"] or newest["error"]

    @display(description=_("attempts"))
    def answers(self, delivery):
        """One line for each of the latest tries: when, the status or what went wrong, and what came back."""
        rows = (
            (tables.when(parse_datetime(tried["at"])), tried["status"] or tried["error"], tried["answer"] or "")
            for tried in delivery.attempts
        )
        return format_html_join("", '<div>{} · {} <code class="break-all">{}</code></div>', rows) or "—"

    @display(description=_("body"))
    def sent(self, delivery):
        return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', delivery.body)

    @display(description=_("next try at"))
    def next_try(self, delivery):
        return tables.when(delivery.next_try_at) if delivery.state == Delivery.WAITING else "—"

    @action(description=_("Send the webhook again"), permissions=["replay"])
    def replay(self, request, queryset):
        pks = queryset.values_list("pk", flat=True)
        found = webhooks.replay(pks, by=actors.staff(request.user.pk), at=clock.now())
        for delivery in found:
            tasks.deliver_webhook.delay_on_commit(delivery.pk)
        text = ngettext("%d webhook will be sent again.", "%d webhooks will be sent again.", len(found))
        messages.success(request, text % len(found))


def _tables_of(partner):
    keys = partner.keys.defer("secret").order_by("revoked_at", "-pk")[:LATEST]
    return [
        tables.table(
            _("Keys"),
            [_("access key"), _("allowed to"), _("created at"), _("signs since"), _("last used"), _("revoked at")],
            [
                (
                    format_html(
                        '<a href="{}">{}</a>', reverse("admin:points_partnerkey_change", args=[key.pk]), key.name
                    ),
                    labels(Scope, key.scopes),
                    tables.when(key.created_at),
                    tables.when(key.opened_at),
                    tables.when(key.last_used_at),
                    tables.when(key.revoked_at),
                )
                for key in keys
            ],
        ),
        tables.table(
            _("Latest entries"),
            [_("number"), _("at"), _("kind"), _("partner's reference"), _("points")],
            [
                (entry.seq, tables.when(entry.at), entry.get_kind_display(), entry.reference, signed(entry.points))
                for entry in partner.entries.order_by("-seq")[:LATEST]
            ],
            url=f"{reverse('admin:points_partnerentry_changelist')}?partner__id__exact={partner.pk}",
        ),
    ]


def _of_today(partner, counted, limit):
    today = counted if partner.book.day >= clock.shop_date(clock.now()) else 0
    return f"{grouped(today)} / {grouped(limit)}"


def _page_of(partner):
    return reverse("admin:points_partner_change", args=[partner.pk])
