from django.urls import path

from points import views

app_name = "points"
urlpatterns = [
    path("", views.home, name="home"),
    path("history/", views.history, name="history"),
    path("rules/", views.rules_in_force, name="rules"),
]
