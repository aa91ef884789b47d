"""A booking is amended: what moves, what it costs, what is left as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.errors import AmendmentOutdated
from bookings.models import Amendment, Ticket
from bookings.operations.amend_request import AmendRequest
from bookings.tests.amending import (
    amended,
    committed,
    dearer,
    everybody,
    live_lines,
    moved_to,
    new_adult,
    pools,
    quoted,
    valid_tickets,
)
from bookings.tests.makers import CAR, confirmed, events, held, offer_of, people
from ferries.errors import NotBookable
from ferries.tests import makers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_moves_to_another_day_at_the_same_price(now, pair):
    old, new = pair
    booking = confirmed(old, now=now, travellers=people(2), vehicles=[CAR])

    quote = quoted(booking, moved_to(new), now=now)
    amendment = committed(booking, quote, now=now)

    assert (quote.difference, quote.fee, quote.due, quote.refund) == (0, 0, 0, 0)
    assert (amendment.state, amendment.applied_at) == ("applied", now)
    booking.refresh_from_db()
    leg = booking.legs.get()
    assert (leg.sailing, leg.departs_at, leg.arrives_at) == (new, new.departs_at, new.arrives_at)
    assert leg.offer_id == offer_of(new)
    assert pools(old, new) == {(1, "persons"): 2, (1, "deck:low"): 530}
    assert (booking.state, booking.total, booking.paid) == ("confirmed", 3500, 3500)
    assert events(booking)[-1] == ("confirmed", "confirmed", "customer")
    assert valid_tickets(booking) == [
        (1, "Adult 0 Doe", new.source_ref),
        (1, "Adult 1 Doe", new.source_ref),
        (1, "car ABC 123", new.source_ref),
    ]
    assert Ticket.objects.exclude(voided_at=None).count() == 3


def test_a_quote_writes_and_holds_nothing(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)

    quoted(booking, moved_to(new), now=now)

    assert pools(old, new) == {(0, "persons"): 1}
    assert not Amendment.objects.exists()


def test_a_quote_lists_lines_before_and_after(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer(old, 1250)

    quote = quoted(booking, moved_to(new), now=now)

    assert [(line.leg, line.item, line.amount) for line in quote.before] == [(1, "p0", 1000)]
    assert [(line.leg, line.item, line.amount) for line in quote.after] == [(1, "p0", 1250)]
    assert (quote.difference, quote.due, quote.currency) == (250, 250, "USD")
    assert quote.expires_at == now + timedelta(minutes=10)
    assert quote.sentences[0].startswith("Crossing 1 moves to ")


def test_a_lower_fare_is_refunded_without_families(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    dearer(old, 900)

    quote = quoted(booking, moved_to(new), now=now)
    committed(booking, quote, now=now)

    assert (quote.difference, quote.due, quote.refund) == (-100, 0, 100)
    booking.refresh_from_db()
    assert (booking.total, booking.paid) == (900, 1000)


def test_an_unchanged_leg_keeps_its_lines(now):
    there = makers.sailing()
    back = makers.sailing(makers.port("BBB"), makers.port("AAA"), departs_at=there.departs_at + DAY)
    later = makers.sailing(
        makers.port("BBB"), makers.port("AAA"), departs_at=there.departs_at + 2 * DAY
    )
    booking = confirmed(there, back, now=now)
    dearer(there, 1300)

    amendment = amended(booking, moved_to(later, leg=2), now=now)

    assert (amendment.difference, amendment.state) == (300, "awaiting_payment")
    assert [line["amount"] for line in amendment.change["after"]] == [1000, 1300]


def test_one_more_traveller_pays_today_s_price_and_the_others_keep_theirs(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now)
    dearer(old, 1300)

    quote = quoted(booking, AmendRequest(travellers=(*everybody(booking), new_adult())), now=now)

    assert [(line.item, line.amount) for line in quote.after] == [("p0", 1000), ("p1", 1300)]
    assert (quote.difference, quote.due) == (1300, 1300)


def test_one_traveller_less_leaves_the_others(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now, travellers=people(3))
    stay = [one for one in everybody(booking) if one.item != "p1"]

    amended(booking, AmendRequest(travellers=tuple(stay)), now=now)

    assert live_lines(booking) == [("p0", "passenger", 1000), ("p2", "passenger", 1000)]
    assert pools(old) == {(0, "persons"): 2}
    assert [name for _, name, _ in valid_tickets(booking)] == ["Adult 0 Doe", "Adult 2 Doe"]
    booking.refresh_from_db()
    assert (booking.total, booking.paid) == (2000, 3000)


def test_a_new_traveller_never_takes_the_name_of_one_who_left(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now, travellers=people(2))

    amended(booking, AmendRequest(travellers=tuple(everybody(booking)[:1])), now=now)
    stay = [one for one in everybody(booking) if one.item == "p0"]
    quote = quoted(booking, AmendRequest(travellers=(*stay, new_adult())), now=now)

    assert [line.item for line in quote.after] == ["p0", "p2"]


def test_taking_the_vehicle_off_makes_the_driver_pay(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now, vehicles=[CAR])

    amended(booking, AmendRequest(vehicles=()), now=now)

    assert live_lines(booking) == [("p0", "passenger", 1000)]
    assert pools(old) == {(0, "persons"): 1}
    assert [name for _, name, _ in valid_tickets(booking)] == ["Adult 0 Doe"]


def test_names_and_plates_are_corrected_without_cost_or_space(now, pair):
    old, _ = pair
    booking = confirmed(old, now=now, travellers=people(2), vehicles=[CAR])
    claims = pools(old)
    tickets = set(Ticket.objects.values_list("pk", flat=True))
    wish = everybody(booking)
    wish[1] = replace(wish[1], given_name="Zoë")

    amendment = amended(
        booking,
        AmendRequest(travellers=tuple(wish), vehicles=(replace(CAR, registration="NEW 1"),)),
        now=now,
    )

    assert (amendment.difference, amendment.fee, amendment.state) == (0, 0, "applied")
    assert booking.vehicles.get().registration == "NEW 1"
    assert pools(old) == claims
    assert [name for _, name, _ in valid_tickets(booking)] == [
        "Adult 0 Doe",
        "Zoë Doe",
        "car NEW 1",
    ]
    assert Ticket.objects.filter(pk__in=tickets).exclude(voided_at=None).count() == 2


def test_a_longer_vehicle_takes_what_it_needs_more(now):
    sailing = makers.sailing(lane_cm=1000)
    booking = confirmed(sailing, now=now, vehicles=[CAR])

    amended(booking, AmendRequest(vehicles=(replace(CAR, length_cm=600),)), now=now)

    assert pools(sailing) == {(0, "persons"): 1, (0, "deck:low"): 650}
    assert booking.vehicles.get().length_cm == 600
    assert live_lines(booking) == [("p0", "passenger", 0), ("v0", "vehicle", 2500)]


def test_growing_by_50_cm_on_a_full_deck_is_refused_and_nothing_is_lost(now):
    sailing = makers.sailing(lane_cm=2 * 530 + 49)
    booking = confirmed(sailing, now=now, vehicles=[CAR])
    held(sailing, now=now, vehicles=[CAR])

    with pytest.raises(NotBookable) as refused:
        quoted(booking, AmendRequest(vehicles=(replace(CAR, length_cm=530),)), now=now)

    (refusal,) = refused.value.details["refusals"]
    assert (refusal["code"], refusal["leg"]) == ("lane_metres_short", 1)
    assert (refusal["left_cm"], refusal["needed_cm"]) == (579, 580)
    assert pools(sailing) == {(0, "persons"): 2, (0, "deck:low"): 1060}
    assert len(valid_tickets(booking)) == 2


def test_its_own_space_counts_as_free_on_a_full_ship(now):
    sailing = makers.sailing(persons=2, lane_cm=530)
    booking = confirmed(sailing, now=now, travellers=people(2), vehicles=[CAR])

    amended(booking, AmendRequest(vehicles=(replace(CAR, length_cm=400),)), now=now)

    assert pools(sailing) == {(0, "persons"): 2, (0, "deck:low"): 450}


def test_moving_to_a_full_sailing_is_refused_with_the_reason(now, pair):
    old, _ = pair
    full = makers.sailing(departs_at=old.departs_at + DAY, persons=1)
    held(full, now=now)
    booking = confirmed(old, now=now)

    with pytest.raises(NotBookable) as refused:
        quoted(booking, moved_to(full), now=now)

    (refusal,) = refused.value.details["refusals"]
    assert (refusal["code"], refusal["left"], refusal["needed"]) == ("persons_short", 0, 1)
    assert pools(old, full) == {(0, "persons"): 1, (1, "persons"): 1}


def test_space_taken_between_quote_and_commit_is_refused(now, pair):
    old, _ = pair
    small = makers.sailing(departs_at=old.departs_at + DAY, persons=1)
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(small), now=now)
    held(small, now=now)

    with pytest.raises(NotBookable):
        committed(booking, quote, now=now)

    assert pools(old, small) == {(0, "persons"): 1, (1, "persons"): 1}
    assert valid_tickets(booking) == [(1, "Adult 0 Doe", old.source_ref)]


def outdated(booking, quote, *, now, **changes):
    with pytest.raises(AmendmentOutdated) as error:
        committed(booking, quote, now=now, **changes)
    assert not Amendment.objects.exists()
    return error.value.details["quote"]


def test_a_changed_price_answers_with_a_new_quote_and_does_nothing(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(new), now=now)
    dearer(old, 1100)

    renewed = outdated(booking, quote, now=now)

    assert (quote.due, renewed["due"]) == (0, 100)
    assert pools(old, new) == {(0, "persons"): 1}
    assert committed(booking, quote, now=now, token=renewed["token"], due=100).state == (
        "awaiting_payment"
    )


@pytest.mark.parametrize("change", [{"due": 1}, {"refund": 1}])
def test_other_sums_than_those_quoted_are_refused(now, pair, change):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(new), now=now)

    assert outdated(booking, quote, now=now, **change)["due"] == 0


def test_a_quote_ends_after_ten_minutes(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(new), now=now)

    assert outdated(booking, quote, now=now + timedelta(minutes=10))


def test_a_forged_token_has_no_quote(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(new), now=now)

    assert outdated(booking, quote, now=now, token=quote.token[:-1] + "x") is None


def test_the_same_commit_twice_amends_once(now, pair):
    old, new = pair
    booking = confirmed(old, now=now)
    quote = quoted(booking, moved_to(new), now=now)
    first = committed(booking, quote, now=now)

    assert committed(booking, quote, now=now) == first

    assert Amendment.objects.count() == 1
