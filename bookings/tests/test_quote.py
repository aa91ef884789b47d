"""Prices that are promised for a while, and openly changed."""

from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.tests.makers import body, offer_of
from ferries.models import CapacityClaim, Discount, FareFamily, FareRule, Tariff
from ferries.tests import makers

pytestmark = pytest.mark.django_db
QUOTES, HOLD = "/api/v1/quotes", "/api/v1/bookings"


def question(*sailings, **changes):
    legs = [{"offer": offer_of(sailing)} for sailing in sailings]
    return {"legs": legs, "passengers": [{"category": "adult"}], **changes}


def asked(api, *sailings, **changes):
    answer = api.post(QUOTES, question(*sailings, **changes), format="json")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def hold(api, *sailings, **changes):
    return api.post(HOLD, body(*sailings, **changes), format="json")


def test_names_every_line_and_the_whole_price(api):
    quote = asked(api, makers.sailing(), passengers=[{"category": "adult"}, {"category": "child"}])

    assert (quote["amount"], quote["currency"], quote["vat"]) == (1500, "USD", 0)
    assert [(line["item"], line["amount"], line["rule"]) for line in quote["legs"][0]["lines"]] == [
        ("p0", 1000, "adult"),
        ("p1", 500, "child"),
    ]
    assert not CapacityClaim.objects.exists()


def test_holds_at_the_price_that_was_quoted(api):
    run = makers.sailing()

    answer = hold(api, run, quote=asked(api, run)["token"])

    assert answer.status_code == 201
    assert answer.json()["price"]["amount"] == 1000


def test_a_changed_price_is_shown_and_nothing_is_held(api):
    run = makers.sailing()
    token = asked(api, run)["token"]
    FareRule.objects.filter(code="adult").update(amount=1200)

    answer = hold(api, run, quote=token)

    assert (answer.status_code, answer.json()["code"]) == (409, "quote_outdated")
    fresh = answer.json()["quote"]
    assert fresh["amount"] == 1200
    assert not Booking.objects.exists()
    assert not CapacityClaim.objects.exists()
    assert hold(api, run, quote=fresh["token"]).json()["price"]["amount"] == 1200


def test_a_cheaper_price_is_a_changed_price_too(api):
    run = makers.sailing()
    token = asked(api, run)["token"]
    FareRule.objects.filter(code="adult").update(amount=900)

    assert hold(api, run, quote=token).status_code == 409


def test_a_quote_for_another_sailing_or_by_somebody_else_does_not_count(api):
    run, other = makers.sailing(), makers.sailing()
    token = asked(api, other)["token"]

    assert hold(api, run, quote=token).status_code == 409
    assert hold(api, run, quote=token[:-2] + "xx").status_code == 409
    assert hold(api, run, quote="nonsense").status_code == 409


def test_a_quote_ends_after_twenty_minutes(api, monkeypatch, now):
    run = makers.sailing()
    token = asked(api, run)["token"]
    monkeypatch.setattr("maritime.lib.clock.now", lambda: now + timedelta(minutes=20, seconds=5))

    answer = hold(api, run, quote=token)

    assert (answer.status_code, answer.json()["quote"]["amount"]) == (409, 1000)


def flexi(run, *, adult):
    """Sell the sailing's route in a second, dearer family as well."""
    path = run.operator.routes.get()
    family = FareFamily.objects.create(operator=run.operator, code="flexi", name="Flexi", order=2)
    first = path.tariffs.get()
    economy = FareFamily.objects.create(operator=run.operator, code="eco", name="Economy", order=1)
    Tariff.objects.filter(pk=first.pk).update(family=economy)
    dear = makers.tariff(path, adult=adult)
    Tariff.objects.filter(pk=dear.pk).update(family=family)


def test_prices_the_family_that_the_offer_names(api):
    run = makers.sailing()
    flexi(run, adult=3000)

    cheap = asked(api, run)
    dear = asked(api, legs=[{"offer": f"{offer_of(run)}~flexi"}])

    assert (cheap["amount"], cheap["legs"][0]["family"]) == (1000, "eco")
    assert (dear["amount"], dear["legs"][0]["family"]) == (3000, "flexi")
    answer = api.post(
        HOLD, body(run, legs=[{"offer": f"{offer_of(run)}~flexi"}], quote=dear["token"])
    )
    assert answer.status_code == 201
    leg = Booking.objects.get().legs.get()
    assert (leg.family, leg.family_name) == ("flexi", "Flexi")


def test_a_family_that_is_not_sold_is_an_unknown_offer(api):
    run = makers.sailing()

    answer = api.post(QUOTES, question(legs=[{"offer": f"{offer_of(run)}~gold"}]), format="json")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_offer")


def spring_offer(run, **values):
    values = {"percent_bp": 1000, "label": "Spring", **values}
    return Discount.objects.create(operator=run.operator, kind="offer", code="SPRING", **values)


def test_takes_an_offer_code_off_and_counts_it_once(api):
    run = makers.sailing()
    spring_offer(run, quota=1)

    quote = asked(api, run, offer_code="spring")
    first = hold(api, run, offer_code="spring", quote=quote["token"])
    second = hold(api, run, offer_code="spring")

    assert quote["amount"] == 900
    assert (first.status_code, first.json()["price"]["amount"]) == (201, 900)
    assert second.status_code == 409
    assert [refusal["code"] for refusal in second.json()["refusals"]] == ["offer_code_used_up"]
    assert Booking.objects.count() == 1


def test_an_unknown_offer_code_is_said_to_be_unknown(api):
    answer = api.post(QUOTES, question(makers.sailing(), offer_code="NOPE"), format="json")

    assert answer.status_code == 409
    assert [each["code"] for each in answer.json()["refusals"]] == ["offer_code_unknown"]
