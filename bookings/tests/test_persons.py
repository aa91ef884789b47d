"""What the list of persons asks at a hold and at a change, and nobody is asked for nothing."""

import json
import logging
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bookings.errors import NotAmendable, PersonsListIncomplete
from bookings.models import Amendment, Booking, Passenger
from bookings.operations.amend import expire_amendments
from bookings.operations.amend_request import AmendRequest, TravellerWish
from bookings.tests.amending import amended, committed, everybody, moved_to, quoted
from bookings.tests.listing import BORN, FACTS, JSON, listed, listed_sailing, told
from bookings.tests.makers import body, confirmed, held, offer_of, people
from ferries.models import FareRule, Route
from ferries.tests import makers
from maritime.lib import clock
from maritime.lib.references import access_token

pytestmark = pytest.mark.django_db
NOTHING = (None, None, None)
ALL = ("F", "NO", BORN)
WHOLE = {"category": "adult", "given_name": "Jane", "surname": "Doe", **JSON}


def on_the_day(run, years: int, days: int = 0) -> date:
    """Return a birth so many years before the departure, and days later."""
    zone = run.calls.order_by("sequence").first().port.zone
    day = clock.local(run.departs_at, zone).date() + timedelta(days=days)
    return day.replace(year=day.year - years)


def get(api, booking):
    token = access_token(booking.public_id)
    return api.get(f"/api/v1/bookings/{booking.reference}", HTTP_AUTHORIZATION=f"Bearer {token}")


class TestHold:
    """Over the API."""

    def test_a_route_that_asks_gets_an_answer_of_everybody(self, api):
        run = listed_sailing()

        answer = api.post("/api/v1/bookings", body(run, passengers=[WHOLE]))

        assert answer.status_code == 201
        booking = Booking.objects.get()
        assert told(booking) == [ALL]
        person = get(api, booking).json()["passengers"][0]
        assert {name: person[name] for name in JSON} == JSON

    @pytest.mark.parametrize("name", ["gender", "nationality", "birth_date"])
    def test_what_is_missing_is_said_by_traveller_and_field(self, api, name):
        run = listed_sailing()
        other = {key: value for key, value in WHOLE.items() if key != name}

        answer = api.post("/api/v1/bookings", body(run, passengers=[WHOLE, other]))

        assert answer.status_code == 422
        assert answer.json()["code"] == "persons_list_incomplete"
        wrong = answer.json()["errors"]["passengers"]
        assert {index: list(fields) for index, fields in wrong.items()} == {"1": [name]}
        assert not Booking.objects.exists()

    def test_who_sends_nothing_is_refused_too(self, api):
        answer = api.post("/api/v1/bookings", body(listed_sailing()))

        assert answer.status_code == 422
        assert set(answer.json()["errors"]["passengers"]["0"]) == {*FACTS}

    @pytest.mark.parametrize(
        "wrong", [{"gender": "Q"}, {"nationality": "ZZ"}, {"birth_date": "17.5.1990"}]
    )
    def test_what_is_no_answer_is_refused_by_field(self, api, wrong):
        answer = api.post(
            "/api/v1/bookings", body(listed_sailing(), passengers=[{**WHOLE, **wrong}])
        )

        assert answer.status_code == 422
        assert list(answer.json()["errors"]["passengers"]["0"]) == list(wrong)

    @pytest.mark.parametrize("born", ["2999-01-01", "1799-01-01"])
    def test_nobody_is_born_after_the_voyage_or_ages_before_it(self, api, born):
        answer = api.post(
            "/api/v1/bookings", body(listed_sailing(), passengers=[{**WHOLE, "birth_date": born}])
        )

        assert answer.status_code == 422
        assert list(answer.json()["errors"]["passengers"]["0"]) == ["birth_date"]

    def test_where_nobody_asks_it_is_dropped(self, api):
        run = makers.sailing()
        FareRule.objects.filter(code="adult").update(min_age=18)

        answer = api.post("/api/v1/bookings", body(run, passengers=[WHOLE]))

        assert answer.status_code == 201
        assert told(Booking.objects.get()) == [NOTHING]
        assert Passenger.objects.get().age is None

    def test_one_crossing_of_two_that_asks_is_enough(self, now):
        out = makers.sailing()
        ports = makers.port("BBB"), makers.port("AAA")
        back = makers.sailing(*ports, departs_at=out.departs_at + timedelta(hours=5))
        Route.objects.filter(origin__code="BBB").update(persons_list=True)

        with pytest.raises(PersonsListIncomplete):
            held(out, back, now=now)
        assert told(held(out, back, now=now, travellers=listed(1))) == [ALL]

    def test_a_quote_tells_which_crossing_asks(self, api):
        asks, does_not = listed_sailing(), makers.sailing(company=makers.operator("RED"))

        told = [
            api.post(
                "/api/v1/quotes",
                {"legs": [{"offer": offer_of(run)}], "passengers": [{"category": "adult"}]},
            ).json()["legs"][0]["persons_list"]
            for run in (asks, does_not)
        ]

        assert told == [True, False]


class TestAge:
    """Where a fare depends on the age, the date of birth tells it."""

    @pytest.fixture
    def run(self):
        run = listed_sailing()
        FareRule.objects.filter(code="adult").update(max_age=65)
        table = FareRule.objects.get(code="adult").tariff
        FareRule.objects.create(
            tariff=table, code="senior", kind="passenger", category="adult", label="Senior",
            amount=700, min_age=65,
        )  # fmt: skip
        return run

    @pytest.mark.parametrize(("days", "age", "total"), [(0, 65, 700), (1, 64, 1000)])
    def test_it_is_that_of_the_day_of_departure(self, now, run, days, age, total):
        booking = held(run, now=now, travellers=listed(1, birth_date=on_the_day(run, 65, days)))

        assert (booking.passengers.get().age, booking.total) == (age, total)

    def test_no_age_is_kept_of_those_whose_fare_has_none(self, now, run):
        booking = held(run, now=now, travellers=listed(1, 1))

        assert [one.age is None for one in booking.passengers.order_by("position")] == [False, True]

    def test_a_corrected_date_of_birth_changes_the_fare(self, now, run):
        booking = confirmed(run, now=now, travellers=listed(1))
        (jane,) = everybody(booking)
        wish = replace(jane, birth_date=on_the_day(run, 70))

        quote = quoted(booking, AmendRequest(travellers=(wish,)), now=now)
        committed(booking, quote, now=now)

        assert quote.difference == -300
        assert booking.passengers.get().age == 70


class TestChange:
    """In a booking that stands."""

    def test_a_correction_is_free_and_leaves_the_tickets(self, now):
        booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
        tickets = list(booking.legs.get().tickets.values_list("serial", "voided_at"))
        (jane,) = everybody(booking)

        amended(booking, AmendRequest(travellers=(replace(jane, nationality="SE"),)), now=now)

        assert told(booking) == [("F", "SE", BORN)]
        assert list(booking.legs.get().tickets.values_list("serial", "voided_at")) == tickets
        assert Amendment.objects.get().change["is_correction"] is True

    def test_saying_the_same_again_changes_nothing(self, now):
        booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
        (jane,) = everybody(booking)

        with pytest.raises(NotAmendable):
            quoted(booking, AmendRequest(travellers=(replace(jane, **FACTS),)), now=now)

    def test_a_new_traveller_must_tell_all_of_it(self, now):
        booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
        new = TravellerWish("adult", "New", "Doe", gender="M")
        wish = AmendRequest(travellers=(*everybody(booking), new))

        with pytest.raises(PersonsListIncomplete) as caught:
            quoted(booking, wish, now=now)

        (wrong,) = caught.value.details["errors"]["passengers"].items()
        assert (wrong[0], set(wrong[1])) == ("1", {"nationality", "birth_date"})

    def test_a_booking_from_before_may_still_be_changed_and_completed(self, now):
        run = makers.sailing()
        booking = confirmed(run, now=now, travellers=people(2))
        Route.objects.update(persons_list=True)
        first, second = everybody(booking)
        wish = AmendRequest(travellers=(replace(first, **FACTS), replace(second, surname="Roe")))

        amended(booking, wish, now=now)

        assert told(booking) == [ALL, NOTHING]

    def test_where_nobody_asks_it_is_dropped(self, now):
        booking = confirmed(now=now)
        (jane,) = everybody(booking)

        amended(booking, AmendRequest(travellers=(replace(jane, surname="Roe", **FACTS),)), now=now)

        assert told(booking) == [NOTHING]

    def test_it_stands_nowhere_but_with_the_traveller_once_the_change_is_made(self, now):
        booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
        (jane,) = everybody(booking)

        amended(
            booking, AmendRequest(travellers=(replace(jane, birth_date=date(1991, 2, 3)),)), now=now
        )

        assert "1991-02-03" not in json.dumps(Amendment.objects.get().change)
        assert "1991-02-03" not in str(list(booking.events.values()))
        assert told(booking) == [("F", "NO", date(1991, 2, 3))]

    def test_a_change_that_is_paid_for_later_keeps_it_until_then_or_forgets_it(self, now):
        run = listed_sailing()
        booking = confirmed(run, now=now, travellers=listed(1))
        new = TravellerWish("adult", "New", "Doe", **{**FACTS, "birth_date": date(1991, 2, 3)})
        wish = AmendRequest(travellers=(*everybody(booking), new))

        amendment = amended(booking, wish, now=now)
        assert amendment.state == "awaiting_payment"
        assert "1991-02-03" in json.dumps(amendment.change)

        expire_amendments(now=now + timedelta(hours=1))
        amendment.refresh_from_db()
        assert amendment.state == "expired"
        assert "1991-02-03" not in json.dumps(amendment.change)

    def test_another_sailing_keeps_what_is_known(self, now):
        run = listed_sailing()
        booking = confirmed(run, now=now, travellers=listed(1))
        later = makers.sailing(departs_at=run.departs_at + timedelta(hours=2))

        amended(booking, moved_to(later), now=now)

        assert told(booking) == [ALL]

    def test_over_the_api(self, api, now):
        booking = confirmed(listed_sailing(), now=now, travellers=listed(1))
        address = f"/api/v1/bookings/{booking.reference}"
        proof = {"HTTP_AUTHORIZATION": f"Bearer {access_token(booking.public_id)}"}
        person = {**WHOLE, "item": "p0", "gender": "X"}

        quote = api.post(f"{address}/amendment-quotes", {"passengers": [person]}, **proof).json()
        made = api.post(
            f"{address}/amendments",
            {name: quote[name] for name in ("token", "due", "refund")},
            **proof,
        ).json()

        assert made["booking"]["passengers"][0]["gender"] == "X"


class TestSecrecy:
    """Only the owner sees it."""

    def test_staff_who_see_the_booking_do_not_see_it(self, api, now, django_user_model):
        booking = held(listed_sailing(), now=now, travellers=listed(1))
        bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
        api.force_login(bob)

        person = api.get(f"/api/v1/bookings/{booking.reference}").json()["passengers"][0]

        assert [person[name] for name in FACTS] == [None, None, None]
        assert person["surname"] == "Doe"

    def test_the_admin_page_of_the_booking_does_not_show_it(self, client, now, django_user_model):
        booking = held(listed_sailing(), now=now, travellers=listed(1))
        bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
        client.force_login(bob)

        text = client.get(f"/admin/bookings/booking/{booking.pk}/change/").text

        assert "1990-05-17" not in text
        assert "May 17, 1990" not in text

    def test_no_log_line_has_it(self, api, caplog):
        caplog.set_level(logging.DEBUG)
        wrong = {**WHOLE, "gender": "Q"}

        api.post("/api/v1/bookings", body(listed_sailing(), passengers=[WHOLE]))
        api.post("/api/v1/bookings", body(listed_sailing(), passengers=[wrong]))
        booking = Booking.objects.get()
        answer = get(api, booking)

        lines = [each.getMessage() for each in caplog.records if "django.db" not in each.name]
        assert not [line for line in lines if "1990" in line]
        assert answer["Cache-Control"] == "no-store"
