"""Addresses of LTI: those that platforms know, those on the way of a launch, those of operators."""

from django.urls import path

from skylab.lti import operating, views

urlpatterns = [
    path("login/", views.login, name="lti_login"),
    path("launch/", views.launch, name="lti_launch"),
    path("launches/<uuid:launch_id>/", views.enter, name="lti_enter"),
    path("launches/<uuid:launch_id>/new/", views.enter_new, name="lti_enter_new"),
    path("launches/<uuid:launch_id>/link/", views.enter_link, name="lti_enter_link"),
    path("launches/<uuid:launch_id>/choose/", views.choose, name="lti_choose"),
    path("choose/", views.lost, name="lti_lost"),
    path("keys.json", views.keys_json, name="lti_keys"),
    path("unlink/<int:identity_id>/", views.unlink, name="lti_unlink"),
    path("contexts/<int:context_id>/", views.context, name="lti_context"),
    path("contexts/<int:context_id>/read/", views.context_read, name="lti_context_read"),
    path("register/<str:token>/", views.register, name="lti_register"),
    path("platforms/", operating.platforms, name="lti_platforms"),
    path("platforms/new/", operating.platform_new, name="lti_platform_new"),
    path("platforms/invite/", operating.invite, name="lti_invite"),
    path("platforms/key/", operating.new_key, name="lti_new_key"),
    path("platforms/<int:platform_id>/", operating.platform, name="lti_platform"),
    path("platforms/<int:platform_id>/send/", operating.send_again, name="lti_send_again"),
]
