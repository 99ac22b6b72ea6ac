"""Addresses of certificates and badges that anybody may ask: they stand on paper and in wallets, and never change."""

from django.urls import path

from courses.views import credentials

urlpatterns = [
    path("verify/", credentials.verify_any, name="verify_any"),
    path("verify/<uuid:credential_id>/", credentials.verify, name="verify"),
    path("verify/<uuid:credential_id>/revoke/", credentials.revoke, name="credential_revoke"),
    path("badges/issuer/", credentials.issuer, name="badge_issuer"),
    path("badges/keys/", credentials.keys, name="badge_keys"),
    path("badges/keys/<str:kid>/", credentials.key, name="badge_key"),
    path("badges/achievements/<slug:slug>/", credentials.achievement, name="badge_achievement"),
    path("badges/achievements/<slug:slug>/picture.svg", credentials.picture, name="badge_picture"),
    path("badges/status/<int:number>/", credentials.status, name="badge_status"),
]
