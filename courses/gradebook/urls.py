"""Addresses of grades."""

from django.urls import path

from courses.gradebook import views

urlpatterns = [
    path("", views.classes, name="grades"),
    path("<uuid:cohort_id>/", views.table, name="gradebook"),
    path("<uuid:cohort_id>/mine/", views.mine, name="my_grades"),
    path("<uuid:cohort_id>/grades.csv", views.export_csv, name="gradebook_csv"),
    path("<uuid:cohort_id>/grades.xlsx", views.export_xlsx, name="gradebook_xlsx"),
    path("<uuid:cohort_id>/rules/", views.rules, name="gradebook_rules"),
    path("<uuid:cohort_id>/people/<int:user_id>/", views.learner, name="gradebook_learner"),
    path("<uuid:cohort_id>/people/<int:user_id>/<uuid:assignment_id>/", views.rule, name="gradebook_rule"),
]
