"""The staff's catalogue: categories, products with their SKUs and pictures, stock and its movements (E1, E2, E3).

Nothing is written here: forms are translated into one call of a service.
"""

import uuid

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display

from catalog import rules
from catalog.forms import PictureForm, ProductForm, RestockForm, SKUForm, SKUFormSet
from catalog.models import SKU, Category, Product, ProductImage, StockMovement
from catalog.parameters import MARGIN_PERCENT
from catalog.pictures import thumbnail_url
from catalog.services import products, stock
from core import actors, clock
from core.errors import DomainError
from core.formats import price_text
from core.staff import LookOnlyAdmin, StaffAdmin

LISTED = _("Listed: %(count)s.")
UNLISTED = _("Unlisted: %(count)s. Nobody can redeem them now.")


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    list_display = ["name", "name_en", "parent", "code", "position"]
    list_select_related = ["parent"]
    list_filter = [("parent", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "name_en", "code"]
    fields = ["parent", "code", "name", "name_en", "icon", "position"]

    def save_model(self, request, obj, form, change):
        products.save_category(category=obj, by=actors.staff(request.user.pk), at=clock.now())

    def delete_model(self, request, obj):
        products.delete_category(category=obj, by=actors.staff(request.user.pk), at=clock.now())

    def delete_queryset(self, request, queryset):
        for category in queryset:
            self.delete_model(request, category)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs["queryset"] = Category.objects.filter(parent=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        """Only empty categories can be deleted: products and children protect theirs."""
        used = obj is not None and (obj.products.exists() or obj.children.exists())
        return super().has_delete_permission(request, obj) and not used


class SKUInline(StackedInline):
    model = SKU
    form = SKUForm
    formset = SKUFormSet
    extra = 0
    can_delete = False
    fields = [
        ("code", "options"),
        ("points_price", "cash_fen"),
        ("mixed_points", "mixed_fen"),
        ("cost_fen", "weight_g"),
        "proposal",
        ("stock", "opening_stock"),
        ("low_stock_at", "position"),
    ]
    readonly_fields = ["stock", "proposal"]

    class Media:
        js = ["js/admin-prices.js"]  # the proposal follows what is typed; without it, what was saved

    @display(description=_("proposed points price"))
    def proposal(self, sku):
        """The points price proposed from the cost, the margin that staff set, and the market price (C14)."""
        product = sku.product if sku.product_id else None
        proposal = rules.propose(
            cost_fen=sku.cost_fen,
            market_price_fen=product and product.market_price_fen,
            margin_percent=MARGIN_PERCENT.value,
        )
        if proposal.proposed is None:
            return _("Give a cost or a market price.")
        return _("At cost %(cost)s, proposed %(proposed)s, at the market price %(market)s points") % {
            "cost": _figure(proposal.at_cost),
            "proposed": _figure(proposal.proposed),
            "market": _figure(proposal.at_market),
        }

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else 1


class PictureInline(TabularInline):
    model = ProductImage
    form = PictureForm
    extra = 0
    fields = ["preview", "image", "alt", "position"]
    readonly_fields = ["preview"]
    ordering = ["position"]

    @display(description=_("picture"))
    def preview(self, image):
        return _thumbnail(image.image.name, image.alt) if image.pk else ""


class LowStockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request, model_admin):
        return [("low", _("A SKU is low")), ("out", _("A SKU is sold out"))]

    def queryset(self, request, queryset):
        low = SKU.objects.filter(product=OuterRef("pk"), stock__lte=F("low_stock_at"))
        out = SKU.objects.filter(product=OuterRef("pk"), stock=0)
        chosen = {"low": low, "out": out}.get(self.value())
        return queryset if chosen is None else queryset.filter(Exists(chosen))


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    form = ProductForm
    inlines = [SKUInline, PictureInline]
    list_display = ["cover", "name", "category", "cost", "stock", "listed_label", "redeemed"]
    list_display_links = ["cover", "name"]
    list_filter = ["is_listed", LowStockFilter, "category"]
    list_select_related = ["category"]
    list_per_page = 50
    search_fields = ["search_text", "skus__code"]
    search_help_text = _("Name, brand, model number or SKU code")
    ordering = ["-id"]
    actions = ["list_selected", "unlist_selected"]
    actions_detail = ["restock"]
    actions_submit_line = ["list_now", "unlist_now"]
    fieldsets = [
        (None, {"fields": ["category", ("name", "name_en"), ("brand", "model_no"), "spec"]}),
        (_("Offer"), {"fields": [("market_price_fen", "position"), ("reserved_tier", "under_cost_ok"), "state"]}),
        (_("Texts"), {"fields": ["description", "options", "parameters"]}),
    ]
    readonly_fields = ["state"]

    def get_queryset(self, request):
        """With stock and the first picture, which the list shows."""
        cover = ProductImage.objects.filter(product=OuterRef("pk"), position=0).values("image")
        return super().get_queryset(request).annotate(in_stock=Sum("skus__stock"), cover_name=cover)

    def get_search_results(self, request, queryset, search_term):
        """Ignores case: the stored text is lower case."""
        return super().get_search_results(request, queryset, search_term.lower())

    def has_delete_permission(self, request, obj=None):
        """Never: orders and movements refer to it; unlist it instead."""
        return False

    def has_restock_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.change_sku")

    def has_list_permission(self, request, object_id=None):
        return self.has_change_permission(request) and _is_listed(object_id) is not True

    def has_unlist_permission(self, request, object_id=None):
        return self.has_change_permission(request) and _is_listed(object_id) is not False

    def get_actions_submit_line(self, request, object_id):
        """A product that is not saved yet cannot be unlisted."""
        acts = super().get_actions_submit_line(request, object_id)
        return acts if object_id else [act for act in acts if "unlist" not in act.action_name]

    # Saving

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A refusal by the service is shown as an error of the form, with everything that was typed."""
        if object_id is None:  # unfold shows these buttons only on the change form
            extra_context = {
                **(extra_context or {}),
                "actions_submit_line": self.get_actions_submit_line(request, None),
            }
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            request.refusal = str(error)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def save_model(self, request, obj, form, change):
        """Nothing: ``save_related`` saves product, SKUs and pictures together."""

    def save_related(self, request, form, formsets, change):
        changed = {}
        for formset in formsets:
            changed[formset.model] = formset.save(commit=False)
        opening = {
            row.instance.code: row.cleaned_data.get("opening_stock") or 0
            for formset in formsets
            if formset.model is SKU
            for row in formset.extra_forms
            if row.has_changed()
        }
        pictures = next((formset for formset in formsets if formset.model is ProductImage), None)
        products.save_product(
            product=form.instance,
            skus=changed.get(SKU, []),
            images=changed.get(ProductImage, []),
            removed_images=pictures.deleted_objects if pictures else [],
            opening_stock=opening,
            by=actors.staff(request.user.pk),
            at=clock.now(),
        )
        for act in self.get_actions_submit_line(request, form.instance.pk):
            if act.action_name in request.POST:
                act.method(request, form.instance)

    # The list

    @display(description=_("picture"))
    def cover(self, product):
        return _thumbnail(product.cover_name, product.title)

    @display(description=_("price"), ordering="lowest_points")
    def cost(self, product):
        if product.lowest_points is not None:
            return price_text(product.lowest_points)
        if product.lowest_mixed_points is not None:
            return price_text(product.lowest_mixed_points, product.lowest_mixed_fen)
        return price_text(0, product.lowest_cash_fen) if product.lowest_cash_fen else "-"

    @display(description=_("stock"), ordering="in_stock")
    def stock(self, product):
        return product.in_stock or 0

    @display(description=_("listed"), ordering="is_listed", label={True: "success", False: "info"})
    def listed_label(self, product):
        return product.is_listed, _("Listed") if product.is_listed else _("Not listed")

    @display(description=_("redeemed"), ordering="redeemed_count")
    def redeemed(self, product):
        return product.redeemed

    @display(description=_("state"))
    def state(self, product):
        return _("Listed") if product.is_listed else _("Not listed")

    # Acts

    @action(description=_("Put on the list"), permissions=["change"])
    def list_selected(self, request, queryset):
        self._for_each(request, queryset, products.list_product, LISTED)

    @action(description=_("Take off the list"), permissions=["change"])
    def unlist_selected(self, request, queryset):
        self._for_each(request, queryset, products.unlist_product, UNLISTED)

    @action(description=_("Save and put on the list"), permissions=["list"])
    def list_now(self, request, product):
        self._for_each(request, Product.objects.filter(pk=product.pk), products.list_product, LISTED)

    @action(description=_("Save and take off the list"), permissions=["unlist"])
    def unlist_now(self, request, product):
        self._for_each(request, Product.objects.filter(pk=product.pk), products.unlist_product, UNLISTED)

    @action(description=_("Change stock"), url_path="restock", permissions=["restock"], icon="inventory_2")
    def restock(self, request, object_id):
        """A page with one form: which SKU, how many, why."""
        product = get_object_or_404(Product, pk=object_id)
        page_url = reverse("admin:catalog_product_change", args=[product.pk])
        initial = {"key": uuid.uuid4(), "sku": product.skus.first()}
        form = RestockForm(request.POST or None, product=product, initial=initial)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                left = stock.restock(
                    sku=data["sku"],
                    delta=data["delta"],
                    reason=data["reason"],
                    note=data["note"],
                    key=f"restock:{data['key']}",
                    by=actors.staff(request.user.pk),
                    at=clock.now(),
                )
            except DomainError as error:
                form.add_error("delta", str(error))
            else:
                messages.success(request, _("%(sku)s: %(stock)s in stock now.") % {"sku": data["sku"], "stock": left})
                return redirect(page_url)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change stock: %(name)s") % {"name": product.title},
            "opts": self.opts,
            "product": product,
            "form": form,
            "page_url": page_url,
            "heads": [_("at"), _("SKU"), _("change"), _("stock after"), _("reason"), _("by")],
            "movements": actors.named(StockMovement.objects.filter(sku__product=product).select_related("sku")[:20]),
        }
        return render(request, "catalog/admin/restock.html", context)

    def _for_each(self, request, queryset, service, done):
        """Call ``service`` for each product; report how many it changed and why others were refused."""
        by, at, count = actors.staff(request.user.pk), clock.now(), 0
        for product in Product.objects.filter(pk__in=queryset.values("pk")):
            try:
                count += service(product=product, by=by, at=at)
            except DomainError as error:
                messages.error(request, str(error))
        messages.success(request, done % {"count": count})


@admin.register(StockMovement)
class StockMovementAdmin(LookOnlyAdmin):
    list_display = ["at", "sku", "product", "delta", "stock_after", "reason", "note", "source", "by"]
    list_filter = ["reason"]
    fields = [("at", "sku"), ("delta", "stock_after"), "reason", "note", ("source", "by")]
    list_select_related = ["sku__product"]
    list_per_page = 50
    search_fields = ["sku__code", "sku__product__search_text", "source"]

    @display(description=_("product"), ordering="sku__product__name")
    def product(self, movement):
        return movement.sku.product


def _is_listed(object_id):
    """None without a product."""
    return Product.objects.filter(pk=object_id).values_list("is_listed", flat=True).first() if object_id else None


def _figure(points):
    return "-" if points is None else f"{points:,}"


def _thumbnail(name, alt):
    if not name:
        return ""
    return format_html(
        '<img src="{}" alt="{}" width="48" height="48" class="rounded-default">', thumbnail_url(name, "row"), alt
    )
