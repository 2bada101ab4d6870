"""Addresses of cart, checkout, orders and payment."""

from django.conf import settings
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from orders.views import cart, checkout, orders, payment


class NumberConverter(StringConverter):
    """An order number: digits."""

    regex = "[0-9]{12,20}"


register_converter(NumberConverter, "order_number")

app_name = "orders"
urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.cart_add, name="cart_add"),
    path("cart/<int:pk>/", cart.cart_line, name="cart_line"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", orders.order_list, name="list"),
    path("orders/<order_number:number>/", orders.detail, name="detail"),
    path("orders/<order_number:number>/cancel/", orders.cancel, name="cancel"),
    path("orders/<order_number:number>/received/", orders.confirm_receipt, name="confirm_receipt"),
    path("orders/<order_number:number>/pay/", payment.pay, name="pay"),
    path("orders/<order_number:number>/paid/", payment.returned, name="returned"),
    path("pay/<slug:provider>/callback/", payment.callback, name="callback"),
]
if "sandbox" in settings.PAYMENT_PROVIDERS:
    urlpatterns.append(path("sandbox/", include("orders.sandbox_gateway.urls")))
