import threading

import pytest
from django.db import connection

from bookings.models import Booking
from bookings.operations.hold import hold_booking
from bookings.tests.makers import request, used
from ferries.errors import NotBookable
from ferries.tests import makers
from maritime.ops.idempotency import KeyReused
from maritime.ops.models import IdempotentRequest


@pytest.mark.django_db
def test_the_same_key_and_body_give_the_same_booking(now):
    sailing = makers.sailing()

    first = hold_booking(request(sailing), now=now, idempotency=("key", "a"))
    second = hold_booking(request(sailing), now=now, idempotency=("key", "a"))

    assert first == second
    assert (Booking.objects.count(), used(sailing)) == (1, 1)


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(now):
    sailing = makers.sailing()
    hold_booking(request(sailing), now=now, idempotency=("key", "a"))

    with pytest.raises(KeyReused):
        hold_booking(request(sailing), now=now, idempotency=("key", "b"))

    assert (Booking.objects.count(), used(sailing)) == (1, 1)


@pytest.mark.django_db
def test_no_key_means_two_bookings(now):
    sailing = makers.sailing()

    hold_booking(request(sailing), now=now)
    hold_booking(request(sailing), now=now)

    assert (Booking.objects.count(), used(sailing)) == (2, 2)


@pytest.mark.django_db
def test_a_refused_hold_does_not_use_up_the_key(now):
    sailing = makers.sailing(persons=0)
    with pytest.raises(NotBookable):
        hold_booking(request(sailing), now=now, idempotency=("key", "a"))
    sailing.pools.update(authorised=1)

    hold_booking(request(sailing), now=now, idempotency=("key", "a"))

    assert used(sailing) == 1


@pytest.mark.django_db
def test_the_key_itself_is_not_stored(now):
    hold_booking(request(makers.sailing()), now=now, idempotency=("jane@example.com", "a"))

    row = IdempotentRequest.objects.get()
    assert (row.scope, len(row.key)) == ("hold", 64)
    assert "jane" not in row.key


@pytest.mark.django_db(transaction=True)
def test_two_equal_requests_at_once_make_one_booking(now):
    sailing = makers.sailing()
    barrier, found = threading.Barrier(2), []

    def hold() -> None:
        barrier.wait()
        booking = hold_booking(request(sailing), now=now, idempotency=("key", "a"))
        found.append(booking.reference)
        connection.close()

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert set(found) == {Booking.objects.get().reference}
    assert used(sailing) == 1
