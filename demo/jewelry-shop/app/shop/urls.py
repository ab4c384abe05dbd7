"""Which address answers what."""

from apps.core import health, resources, views
from apps.inventory import resources as inventory
from apps.sales import resources as sales
from django.urls import include, path

api = [
    path("login/", views.login),
    path("config/", views.configuration),
    path("heartbeat/", views.heartbeat),
    path("tasks/", views.send_task),
    path("tasks/<str:task_id>/", views.task_result),
    *resources.TENANTS.urls("tenants"),
    *resources.BRANCHES.urls("branches"),
    *resources.TERMINALS.urls("terminals"),
    *resources.USERS.urls("users"),
    *inventory.CATEGORIES.urls("categories"),
    *inventory.ITEMS.urls("items"),
    path("items/<int:pk>/photo/", views.photo),
    *sales.SALES.urls("sales", make=sales.sell),
    *sales.LINES.urls("sale-items"),
]
urlpatterns = [
    path("", views.page),
    path("health/", health.health),
    path("health/live/", health.health),
    path("health/ready/", health.ready),
    path("health/startup/", health.startup),
    path("api/", include(api)),
]
