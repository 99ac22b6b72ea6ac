"""Addresses below /settings/ of what programs hold of a person."""

from django.urls import path

from skylab.api import pages

urlpatterns = [
    path("tokens/", pages.tokens_page, name="api_tokens_page"),
    path("tokens/<int:token_id>/revoke/", pages.token_revoke, name="api_token_revoke"),
    path("webhooks/", pages.webhooks_page, name="api_webhooks_page"),
    path("webhooks/<int:webhook_id>/", pages.webhook_page, name="api_webhook_page"),
    path("webhooks/<int:webhook_id>/<slug:what>/", pages.webhook_act, name="api_webhook_act"),
]
