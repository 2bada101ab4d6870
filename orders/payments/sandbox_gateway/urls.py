"""Addresses of the sandbox gateway."""

from django.urls import path

from orders.payments.sandbox_gateway import views

app_name = "sandbox"
urlpatterns = [
    path("pay/<str:token>/", views.pay, name="pay"),
    path("api/charges/<str:reference>/", views.charge, name="charge"),
    path("api/refunds/", views.refund, name="refund"),
    path("api/statements/<str:day>/", views.statement, name="statement"),
]
