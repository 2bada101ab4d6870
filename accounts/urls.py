"""Addresses of members' pages below ``/accounts/``; django-allauth's own come after these."""

from django.urls import include, path

from accounts.views import addresses, entrance, notices, profile

own = [
    path("", profile.profile, name="profile"),
    path("edit/", profile.edit, name="edit"),
    path("notices/", notices.inbox, name="notices"),
    path("login/code/", entrance.PhoneEntryView.as_view(), name="phone_entry"),
    path("login/code/confirm/", entrance.CodeView.as_view(), name="code"),
    path("phone/change/", profile.PhoneChangeView.as_view(), name="phone"),
    path("phone/verify/", profile.PhoneChangeCodeView.as_view(), name="phone_code"),
    path("addresses/", addresses.book, name="addresses"),
    path("addresses/add/", addresses.add, name="address_add"),
    path("addresses/<int:pk>/", addresses.edit, name="address_edit"),
    path("addresses/<int:pk>/default/", addresses.make_default, name="address_default"),
    path("addresses/<int:pk>/delete/", addresses.delete, name="address_delete"),
]
entrances = [
    path("login/", entrance.SignInView.as_view(), name="account_login"),
    path("signup/", entrance.SignUpView.as_view(), name="account_signup"),
]
urlpatterns = [path("", include((own, "accounts"))), path("", include(entrances))]
