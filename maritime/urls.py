"""Pages, the API and the admin, each with its own file of addresses."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from bookings.views.offline import service_worker
from ferries.admin.schedule import schedule_page
from maritime import api_docs, api_urls, problems, robots
from maritime.ops import views

admin.site.site_header = admin.site.site_title = "Maritime staff"
admin.site.index_title = "Sailings, bookings, money"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", robots.sitemap_index, name="sitemap_index"),
    path("sitemap-<str:section>.xml", robots.sitemap, name="sitemap"),
    path("api/v1/", include((api_urls.urlpatterns, "api"))),
    path("api/schema/", api_docs.schema, name="api_schema"),
    path("api/docs/", api_docs.docs, name="api_docs"),
    path("api/<path:path>", problems.no_such_address),
    path(
        "admin/ferries/sailing/schedule/",
        admin.site.admin_view(schedule_page),
        name="make_sailings",
    ),
    path("admin/", admin.site.urls),
    path("sw.js", service_worker, name="service_worker"),
    # What travellers read: English without a prefix, /de/ and so on for the others.
    *i18n_patterns(
        path("", include("bookings.urls")),
        path("", include("payments.urls")),
        path("", include("notifications.urls")),
        path("", include("ferries.urls")),
        prefix_default_language=False,
    ),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
