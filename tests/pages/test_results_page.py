"""The results: days around, order and filters, ways out of a refusal, chart, CO2, late operators."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from ferries.models import CapacityPool, FareRule, Operator, Port, Route, Vessel
from ferries.tests import makers
from tests.pages.conftest import local_day


def clocks(answer):
    """Return the departures in the order of the page, on the clocks of the port."""
    return re.findall(r'class="clock"[^>]*>(\d\d:\d\d)</time>', answer.text)[::2]


@pytest.fixture
def red(crossing):
    """Return a slower, cheaper ship of another operator at 18:00; `crossing` goes at 12:00."""
    company = makers.operator("RED")
    sailing = makers.sailing(
        company=company,
        departs_at=crossing.departs_at + timedelta(hours=6),
        hop_minutes=90,
        persons=10,
    )
    FareRule.objects.filter(tariff__route__operator=company, code="adult").update(amount=400)
    return sailing


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, ["12:00", "18:00"]),
        ({"sort": "price"}, ["18:00", "12:00"]),
        ({"sort": "duration"}, ["12:00", "18:00"]),
        ({"operator": "RED"}, ["18:00"]),
        ({"time": "afternoon"}, ["12:00"]),
        ({"time": "evening"}, ["18:00"]),
        ({"time": "morning"}, []),
        ({"sort": "colour", "time": "never"}, ["12:00", "18:00"]),
    ],
)
def test_sorts_and_filters_by_the_address(wishes, expected, crossing, red, pages):
    day = crossing.departs_at.replace(hour=20)
    assert crossing.departs_at == day

    found = pages.search(crossing, **wishes)

    summer = "13:00" in clocks(pages.search(crossing))
    wanted = [f"{int(each[:2]) + summer:02}{each[2:]}" for each in expected]
    assert clocks(found) == wanted


def test_says_how_many_are_hidden_and_how_to_see_them(crossing, red, pages, client):
    some = pages.search(crossing, operator="RED").text
    assert "1 of 2 sailings are shown." in some

    none = pages.search(crossing, time="morning").text

    link = re.search(r'href="([^"]+)">Show all sailings', none)[1]
    assert len(clocks(client.get(f"/search/{unescape(link)}"))) == 2


def test_leaves_out_what_does_not_fit(crossing, red, pages):
    CapacityPool.objects.filter(sailing=red, resource="persons").update(authorised=1)

    assert len(clocks(pages.search(crossing, adults=2))) == 2
    assert len(clocks(pages.search(crossing, adults=2, fits="on"))) == 1


def test_a_refusal_leads_to_the_search_that_fits(crossing, pages, client):
    makers.sailing(departs_at=crossing.departs_at + timedelta(days=1), persons=10)
    CapacityPool.objects.filter(sailing=crossing, resource="persons").update(authorised=1)

    refused = pages.search(crossing, adults=2).text

    link = re.search(r'<a class="nearest" href="([^"#]+)#([^"]+)">Space for you', refused)
    found = client.get(f"/search/{unescape(link[1])}").text
    assert f'id="{link[2]}"' in found
    assert 'name="outbound"' in found


def test_a_trailer_that_does_not_fit_can_be_left_at_home(crossing, pages, client):
    car = {"vehicle": "car", "trailer": "caravan"}
    CapacityPool.objects.filter(resource="deck:low").update(authorised=600)

    refused = pages.search(crossing, **car).text

    link = re.search(r'class="nearest" href="([^"]+)">Without the trailer', refused)[1]
    assert "trailer" not in link
    assert 'name="outbound"' in client.get(f"/search/{unescape(link)}").text


def strip(text):
    """Return the days of the first strip with what stands below each."""
    part = text.partition("<ol class=")[2].partition("</ol>")[0] or text
    days = re.findall(r"date=(\d{4}-\d\d-\d\d).*?day-price\">(.*?)</a>", part, re.DOTALL)
    return {day: re.sub(r"<[^>]+>", "", price).strip() for day, price in days}


def test_the_strip_shows_the_days_around_with_the_lowest_prices(crossing, red, pages, client):
    tomorrow = crossing.departs_at + timedelta(days=1)
    makers.sailing(departs_at=tomorrow)
    text = pages.search(crossing).text
    day = local_day(crossing)
    assert strip(text)[day] == "from USD 4.00"
    address = unescape(re.search(r'data-days="([^"]+)"', text)[1])

    prices = strip(client.get(address).text)

    assert len(prices) == 7
    assert prices[day] == "from USD 4.00"
    assert prices[(tomorrow - timedelta(hours=8)).date().isoformat()] == "from USD 10.00"
    assert prices[max(prices)] == "none"
    assert strip(pages.search(crossing, adults=1, sort="price").text) == prices


def test_the_strip_costs_one_query_when_it_is_known(
    crossing, pages, client, django_assert_num_queries
):
    query = {"origin": "AAA", "destination": "BBB", "date": local_day(crossing), "trip": "date"}
    client.get(reverse("days"), query)

    with django_assert_num_queries(1):
        client.get(reverse("days"), query)


def test_the_strip_of_the_return_starts_with_the_departure(crossing, way_back, client):
    out, back = local_day(crossing), local_day(way_back)
    query = {
        "origin": "AAA", "destination": "BBB", "date": out, "return_date": back,
        "trip": "return_date",
    }  # fmt: skip

    text = client.get(reverse("days"), query).text

    days = re.findall(r"return_date=(\d{4}-\d\d-\d\d)", text)
    assert days[0] == out
    assert len(days) == 7
    assert text.count("USD 10.00") == 1


def test_the_strip_of_a_wrong_question_does_not_exist(crossing, client):
    assert client.get(reverse("days"), {"origin": "AAA", "trip": "date"}).status_code == 404


def place_ports():
    Port.objects.filter(code="AAA").update(latitude=37.93, longitude=23.62)
    Port.objects.filter(code="BBB").update(latitude=35.33, longitude=25.17)


def test_shows_a_chart_where_positions_are_known(crossing, pages, client):
    address = reverse("chart", args=["AAA", "BBB"])
    assert address not in pages.search(crossing).text
    assert client.get(address).status_code == 404
    place_ports()
    Port.objects.get(code="AAA").save()

    assert f'src="{address}"' in pages.search(crossing).text
    assert "320 km in a straight line" in pages.search(crossing).text

    answer = client.get(address)
    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age=86400" in answer["Cache-Control"]
    assert "<title>Chart of the crossing from Aaa to Bbb</title>" in answer.text


def test_names_the_co2_of_a_ship_that_reported_it(crossing, pages):
    place_ports()
    assert "CO₂" not in pages.search(crossing).text

    ship = Vessel.objects.get()
    ship.name = "Blue Star Patmos"
    ship.save()

    # 331.55 g for each passenger and km in 2022, over 320.26 km.
    assert "about 106 kg CO₂ each" in pages.search(crossing).text


def test_links_of_cached_results_stay_in_their_language(crossing, pages, client):
    query = pages.search(crossing).request["QUERY_STRING"]
    assert "/de/search/days/" not in pages.search(crossing).text

    german = client.get(f"/de/search/?{query}").text

    assert "/de/search/days/" in german


def test_a_late_operator_is_asked_again_and_can_be_by_hand(crossing, pages):
    far = makers.operator("FAR", name="Far Ferries", adapter="http", base_url="http://127.0.0.1:9")
    makers.route(far, makers.port("AAA"), makers.port("BBB"))

    late = pages.search(crossing).text

    assert re.search(r'data-waiting="\?[^"]*&amp;part=1"', late)
    assert "Look again" in late
    Route.objects.filter(operator=far).first().delete()
    complete = pages.search(crossing, part=1).text
    assert "data-waiting" not in complete
    assert "<html" not in complete
    assert Operator.objects.count() == 2


def test_a_way_back_that_nobody_sails_is_not_offered(crossing, pages):
    page = pages.search(crossing).text

    assert "Swap: Bbb to Aaa" not in page
    assert 'href="/routes/AAA/BBB/"' in page


def test_the_way_back_is_one_link(crossing, way_back, pages):
    assert "Swap: Bbb to Aaa" in pages.search(crossing).text
