from django.urls import path

from points.earning import views as held
from points.pages.views import account, rules, tier

app_name = "points"
urlpatterns = [
    path("", account.home, name="home"),
    path("history/", account.history, name="history"),
    path("held/<int:pk>/", held.held, name="held"),
    path("tier/", tier.standing, name="tier"),
    path("rules/", rules.rules_in_force, name="rules"),
]
