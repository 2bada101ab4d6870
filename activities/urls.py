from django.urls import path

from activities import views

app_name = "activities"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
]
