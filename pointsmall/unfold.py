"""The look of the staff pages and their sidebar; every app's admin pages are listed here."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# The accent and the neutrals of the member pages (static/css/tokens.css), from light to dark.
ACCENT = [
    "#F1F7F4",
    "#E2EEE7",
    "#C5DDD0",
    "#9CC6B1",
    "#6FA88D",
    "#3F8A6A",
    "#14684C",
    "#115A41",
    "#0D5039",
    "#0A3D2C",
    "#06261B",
]
NEUTRAL = [
    "#FAF9F7",
    "#F4F3EF",
    "#E4E1D9",
    "#CFCBC0",
    "#A5A198",
    "#7C7A72",
    "#5C5C56",
    "#464843",
    "#2C302D",
    "#1B1F1C",
    "#111412",
]
SHADES = [50, *range(100, 1000, 100), 950]


def _item(title, icon, model, badge=None):
    """A line of the sidebar: the list page of ``app_model``, seen by staff who may view it."""
    app, name = model.split("_")
    item = {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }
    return item | ({"badge": badge} if badge else {})


def _page(title, icon, name, *permissions, badge=None):
    """A line of the sidebar: any staff page, seen by staff who have one of the permissions."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{name}"),
        "permission": lambda request: any(request.user.has_perm(permission) for permission in permissions),
    } | ({"badge": badge} if badge else {})


ADJUSTING = ("points.view_adjustment", "points.adjust_points", "points.approve_adjustment")
APPROVING = (
    "points.approve_rules",
    "core.view_approval",
    "core.approve_parametervalue",
    "orders.approve_by_hand",
    "points.approve_adjustment",
)
PARTNERS = ("points.view_partner", "points.manage_partner", "points.manage_partner_keys")
RULES = ("points.view_rulesetversion", "points.draft_rules", "points.release_rules")


UNFOLD = {
    "SITE_TITLE": _("Points mall"),
    "SITE_HEADER": _("Points mall"),
    "SITE_SUBHEADER": _("Staff"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/brand.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/brand.svg")}],
    "STYLES": [lambda request: static("css/staff.css")],
    "SCRIPTS": [lambda request: static("js/staff.js")],
    "DASHBOARD_CALLBACK": "pointsmall.dashboard.work_to_do",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": dict(zip(SHADES, ACCENT, strict=True)),
        "base": dict(zip(SHADES, NEUTRAL, strict=True)),
        # unfold's own, but that what stands back a little can still be read: 4.5 to 1 and more.
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Mall"),
                "items": [
                    _page(
                        _("Approvals"),
                        "approval",
                        "core_approval_changelist",
                        *APPROVING,
                        badge="pointsmall.badges.approvals_waiting",
                    ),
                    _item(_("Orders"), "package_2", "orders_order", badge="pointsmall.badges.orders_waiting"),
                    _item(_("After-sale"), "assignment_return", "orders_aftersale"),
                    _item(_("Payments"), "payments", "orders_payment", badge="pointsmall.badges.payments_waiting"),
                    _item(_("Statements"), "receipt_long", "orders_statement"),
                    _item(_("Differences"), "difference", "orders_statementdifference"),
                    _item(_("Products"), "sell", "catalog_product"),
                    _item(_("Categories"), "category", "catalog_category"),
                    _item(_("Stock movements"), "inventory_2", "catalog_stockmovement"),
                    _item(_("Carriers"), "local_shipping", "orders_carrier"),
                    _item(_("Shipping rates"), "request_quote", "orders_shippingrate"),
                    _item(_("Coupon types"), "confirmation_number", "orders_coupontype"),
                    _item(_("Coupons"), "local_activity", "orders_coupon"),
                ],
            },
            {
                "title": _("Members and points"),
                "items": [
                    _item(_("Members"), "group", "accounts_user"),
                    _page(_("Ledger"), "verified_user", "points_ledger_overview", "points.view_auditrun"),
                    _item(_("Points accounts"), "account_balance", "points_pointsaccount"),
                    _item(_("Members' tiers"), "crown", "points_membertier"),
                    _item(_("Tiers"), "stairs_2", "points_tier"),
                    _page(_("Earning rules"), "rule", "points_rulesetversion_changelist", *RULES),
                    _page(
                        _("Rule scripts"),
                        "code",
                        "points_script_changelist",
                        "points.view_script",
                        "points.write_scripts",
                    ),
                    _item(
                        _("Alerts about the rules"),
                        "notification_important",
                        "points_rulealert",
                        badge="points.earning.admin.scripts.open_alerts",
                    ),
                    _item(_("Expiry rules"), "hourglass", "points_expirypolicy"),
                    _page(_("Adjustments"), "tune", "points_adjustment_changelist", *ADJUSTING),
                    _item(_("Purchases"), "receipt_long", "points_purchase"),
                    _page(
                        _("Earnings under review"),
                        "policy",
                        "points_earningreview_changelist",
                        "points.view_earningreview",
                        "points.decide_earningreview",
                        badge="pointsmall.badges.earnings_waiting",
                    ),
                    _page(
                        _("What if"),
                        "science",
                        "points_whatifrun_changelist",
                        "points.view_whatifrun",
                        "points.run_whatifrun",
                    ),
                    _page(_("Bulk grants"), "upload_file", "points_bulkgrant_changelist", *ADJUSTING),
                    _item(_("Sign-ins"), "event_available", "activities_signin"),
                ],
            },
            {
                "title": _("Partners"),
                "items": [
                    _page(_("Partners"), "handshake", "points_partner_changelist", *PARTNERS),
                    _item(_("Deductions"), "remove_shopping_cart", "points_deduction"),
                    _item(_("Partner entries"), "list_alt", "points_partnerentry"),
                    _item(_("Calls"), "api", "points_partnercall"),
                    _item(_("Webhooks"), "webhook", "points_webhookdelivery"),
                ],
            },
            {
                "title": _("System"),
                "items": [
                    _item(_("Parameters"), "tune", "core_parametervalue"),
                    _item(_("Audit trail"), "shield", "core_auditevent"),
                    _item(_("Outbox"), "outbox", "core_outboxmessage"),
                    _item(_("Groups"), "admin_panel_settings", "auth_group"),
                ],
            },
        ],
    },
}
