"""The product's addresses and, beside them, those of the controls."""

from django.urls import path

from maritime.urls import urlpatterns as product_urls
from tests.faults import naive

urlpatterns = [
    path("naive/booking", naive.booking),
    path("naive/mail", naive.mail),
    path("naive/search", naive.search),
    *product_urls,
]
