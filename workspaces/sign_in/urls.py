"""The pages of allauth that exist here: sign in and out, change and reset a password.

Sign-up answers "closed" (workspaces.sign_in.adapter). Second factors, single sign-on and changing one's own e-mail
address are not offered, so their URLs do not exist.
"""

from allauth.account import views
from django.urls import path, re_path

from workspaces.sign_in.sign_out import sign_out
from workspaces.sign_in.views import change_password, reset_done, sign_in

urlpatterns = [
    path("login/", sign_in, name="account_login"),
    path("logout/", sign_out, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("password/change/", change_password, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
