"""How many queries the main pages make, however long the lists are."""

from django.urls import reverse


def test_start_page(crossing, client, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/")


def test_results_that_are_cached(crossing, way_back, pages, django_assert_num_queries):
    pages.search(crossing)

    with django_assert_num_queries(0):
        pages.search(crossing)


def test_booking_page(crossing, client, pages, run_jobs, django_assert_num_queries):
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    booking_address = client.get(f"{pay_address}return/").url
    run_jobs()

    with django_assert_num_queries(4):
        client.get(booking_address)


def test_find_page(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(reverse("find_booking"))
