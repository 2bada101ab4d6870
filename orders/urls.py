"""Addresses of cart, checkout, orders and payment."""

from django.conf import settings
from django.urls import include, path

from orders.after_sale import views as after_sale
from orders.coupons import views as coupons
from orders.pages import views as orders
from orders.payments.views import callback, payment
from orders.placing.views import cart, checkout
from orders.shipping import views as parcels

app_name = "orders"
urlpatterns = [
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.cart_add, name="cart_add"),
    path("cart/<int:pk>/", cart.cart_line, name="cart_line"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("coupons/", coupons.coupon_list, name="coupons"),
    path("coupons/<int:pk>/redeem/", coupons.redeem_coupon, name="coupon_redeem"),
    path("orders/", orders.order_list, name="list"),
    path("orders/<slug:number>/", orders.detail, name="detail"),
    path("orders/<slug:number>/after-sale/", after_sale.ask, name="after_sale_ask"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="cancel"),
    path("orders/<slug:number>/received/", orders.confirm_receipt, name="confirm_receipt"),
    path("orders/<slug:number>/pay/", payment.pay, name="pay"),
    path("orders/<slug:number>/pay/ways/", payment.pay_ways, name="pay_ways"),
    path("orders/<slug:number>/pay/code/", payment.pay_code, name="pay_code"),
    path("orders/<slug:number>/pay/code/watch/", payment.pay_watch, name="pay_watch"),
    path("orders/<slug:number>/pay/<slug:provider>/known/", payment.pay_known, name="pay_known"),
    path("orders/<slug:number>/paid/", payment.returned, name="returned"),
    path("after-sale/<slug:number>/", after_sale.detail, name="after_sale"),
    path("after-sale/<slug:number>/sent/", after_sale.sent, name="after_sale_sent"),
    path("after-sale/<slug:number>/withdraw/", after_sale.withdraw, name="after_sale_withdraw"),
    path("after-sale/<slug:number>/pictures/<int:pk>/", after_sale.picture, name="after_sale_picture"),
    path("parcels/<slug:service>/push/", parcels.push, name="tracking_push"),
    path("pay/<slug:provider>/callback/", callback.callback, name="payment_callback"),
]
if not settings.PRODUCTION:
    urlpatterns.append(path("sandbox/", include("orders.payments.sandbox_gateway.urls")))
