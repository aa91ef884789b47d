"""The pages of routes, ports and operators."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from ferries import cache
from ferries.models import FareRule, Leg, Operator, Port, Route, Sailing
from ferries.tests import makers
from maritime.lib import clock

ZONE = "America/Los_Angeles"


@pytest.fixture
def network(transactional_db):
    """Return a morning and an evening sailing of the day after tomorrow, with ports on the map."""
    first = makers.sailing(persons=100, lane_cm=2000)
    evening = makers.sailing(departs_at=first.departs_at + timedelta(hours=6), persons=50)
    Port.objects.filter(code="AAA").update(latitude=47.6, longitude=-122.3, unlocode="USAAA")
    Port.objects.filter(code="BBB").update(latitude=47.7, longitude=-122.5)
    cache.invalidate_searches()
    return first, evening


@pytest.fixture
def address():
    return reverse("route", args=["AAA", "BBB"])


def month_of(sailing):
    return f"{clock.local(sailing.departs_at, ZONE):%Y-%m}"


def things(answer):
    """Return what search engines read, by type."""
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text)
    found = {}
    for thing in json.loads(text)["@graph"]:
        found.setdefault(thing["@type"], []).append(thing)
    return found


def test_a_route_shows_its_timetable_ships_and_prices(network, client, address):
    first = network[0]

    answer = client.get(address, {"month": month_of(first)})

    assert answer.status_code == 200
    day = clock.local(first.departs_at, ZONE)
    assert "<h1>Ferry from Aaa to Bbb</h1>" in answer.text
    assert f"Timetable for {day:%B %Y}" in answer.text
    for sailing in network:
        assert f"<strong>{clock.local(sailing.departs_at, ZONE):%H:%M}</strong>" in answer.text
        assert sailing.configuration.vessel.name in answer.text
    query = f"?origin=AAA&amp;destination=BBB&amp;date={day:%Y-%m-%d}&amp;adults=1"
    assert f'href="/search/{query}"' in answer.text
    table = answer.text.partition('id="prices"')[2].partition("</table>")[0]
    prices = dict(re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', table))
    assert prices == {
        "Adult on foot": "USD 10.00",
        "Child": "USD 5.00",
        "Car with its driver": "USD 25.00",
    }
    assert "/charts/AAA/BBB.svg" in answer.text


def test_a_day_of_the_route_leads_into_the_search(network, client, address):
    page = client.get(address, {"month": month_of(network[0])}).text

    (found,) = set(re.findall(r'<td><a href="([^"]+)"', page))
    results = client.get(found.replace("&amp;", "&"))

    assert results.status_code == 200
    assert results.text.count('name="outbound"') == 2


def test_months_are_those_with_departures(network, client, address):
    later = network[0].departs_at + timedelta(days=70)
    makers.sailing(departs_at=later)

    present = client.get(address)
    last = client.get(address, {"month": f"{clock.local(later, ZONE):%Y-%m}"})

    assert 'rel="next"' in present.text
    assert 'rel="prev"' not in present.text
    assert 'rel="next"' not in last.text
    assert 'rel="prev"' in last.text


@pytest.mark.parametrize("month", ["2001-01", "nothing", "2026-99"])
def test_a_month_that_is_past_or_none_is_the_present_one(network, client, address, month):
    today = clock.local(clock.now(), ZONE)

    answer = client.get(address, {"month": month})

    assert f"Timetable for {today:%B %Y}" in answer.text


def test_an_empty_month_says_so(network, client, address):
    empty = (clock.now() + timedelta(days=200)).date()

    answer = client.get(address, {"month": f"{empty:%Y-%m}"})

    assert "No departures are planned in this month." in answer.text


def test_what_is_cancelled_or_of_others_is_not_in_the_timetable(network, client, address):
    Sailing.objects.filter(pk=network[0].pk).update(status=Sailing.Status.CANCELLED)
    other = Operator.objects.create(code="RED", name="Red", currency="USD", zone=ZONE)
    Sailing.objects.filter(pk=network[1].pk).update(operator=other)
    cache.invalidate_searches()

    answer = client.get(address, {"month": month_of(network[0])})

    assert "No departures are planned in this month." in answer.text


def test_a_route_of_a_remote_operator_sends_to_the_search(network, client, address):
    Leg.objects.all().delete()
    Operator.objects.update(adapter="http", base_url="https://blue.example")
    cache.invalidate_searches()

    answer = client.get(address)

    assert "BLUE Ferries tells its sailings day by day." in answer.text
    assert 'name="date"' in answer.text


def test_prices_are_the_lowest_of_the_month(network, client, address):
    FareRule.objects.filter(code="adult").update(amount=700)
    cache.invalidate_searches()

    assert "from USD 7.00 on foot" in client.get(address, {"month": month_of(network[0])}).text


def test_search_engines_read_trips_with_offers(network, client, address, settings):
    settings.BASE_URL = "https://tickets.example"

    found = things(client.get(address, {"month": month_of(network[0])}))

    first, second = found["BoatTrip"]
    assert first["departureTime"] == network[0].departs_at.isoformat()
    assert first["departureBoatTerminal"] == {"@id": "https://tickets.example/ports/AAA/"}
    assert first["provider"] == {"@id": "https://tickets.example/operators/BLUE/"}
    assert Decimal(first["offers"]["price"]) == 10
    assert first["offers"]["priceCurrency"] == "USD"
    assert first["offers"]["url"].startswith("https://tickets.example/search/?origin=AAA&")
    assert second["departureTime"] == network[1].departs_at.isoformat()
    ids = {thing["@id"] for kind in ("BoatTerminal", "Organization") for thing in found[kind]}
    assert {first["departureBoatTerminal"]["@id"], first["provider"]["@id"]} <= ids
    assert found["BoatTerminal"][0]["geo"]["latitude"] == 47.6
    assert len(found["BreadcrumbList"]) == 1


def test_no_name_ends_the_data_block(network, client, address):
    evil = '</script><script>alert("&")</script>'
    Port.objects.filter(code="AAA").update(name=evil)
    cache.invalidate_searches()

    answer = client.get(address)

    assert "<script>" not in answer.text
    assert things(answer)["BoatTerminal"][0]["name"] == evil


def test_a_page_has_its_canonical_address_and_a_card(network, client, address, settings):
    settings.BASE_URL = "https://tickets.example"

    text = client.get(address, {"month": "2026-12"}).text

    assert f'<link rel="canonical" href="https://tickets.example{address}">' in text
    assert '<meta property="og:title" content="Ferry from Aaa to Bbb">' in text
    assert f'<meta property="og:url" content="https://tickets.example{address}">' in text
    assert re.search(r'<meta property="og:image" content="https://tickets.example/static/', text)
    assert "noindex" not in text


def test_pages_of_one_person_are_not_for_search_engines(network, client):
    for name in ("find_booking", "results"):
        query = {"origin": "AAA", "destination": "BBB", "date": "2001-01-01"}
        assert 'content="noindex"' in client.get(reverse(name), query).text


def test_other_spellings_are_moved_to_the_one_address(network, client, address):
    for name in ("aaa", "USAAA", "usaaa"):
        answer = client.get(reverse("route", args=[name, "bbb"]))
        assert (answer.status_code, answer["Location"]) == (301, address)
    assert client.get("/ports/usaaa/")["Location"] == "/ports/AAA/"
    assert client.get("/operators/blue/")["Location"] == "/operators/BLUE/"


def test_unknown_codes_are_told_with_what_may_be_meant(network, client):
    Port.objects.filter(code="AAA").update(name="Portsmouth")

    port = client.get("/ports/Portsmoth/")
    route = client.get(reverse("route", args=["BBB", "AAA"]))
    operator = client.get("/operators/NONE/")

    assert [each.status_code for each in (port, route, operator)] == [404, 404, 404]
    assert "We know no port with the code Portsmoth." in port.text
    assert '<a href="/ports/AAA/">Portsmouth</a>' in port.text
    assert "No ferry that we know goes from Bbb to Portsmouth." in route.text
    assert "We know no operator with the code NONE." in operator.text


def test_unknown_codes_of_any_length_and_script(network, client):
    answer = client.get(f"/ports/{'<b>' * 400}/")

    assert answer.status_code == 404
    assert "<b>" not in answer.text


def test_an_inactive_route_has_no_page(network, client, address):
    Route.objects.update(active=False)
    cache.invalidate_searches()

    assert client.get(address).status_code == 404
    assert "No routes are on sale" in client.get(reverse("routes")).text


def test_a_port_shows_where_one_gets_and_when(network, client):
    makers.sailing(makers.port("BBB"), makers.port("AAA"))
    Sailing.objects.update(status="on_sale")
    soon = makers.sailing(departs_at=clock.now() + timedelta(hours=3))

    answer = client.get("/ports/AAA/")

    assert "<h1>Ferries from Aaa</h1>" in answer.text
    assert "United States" in answer.text
    assert 'href="/routes/AAA/BBB/"' in answer.text
    assert 'href="/routes/BBB/AAA/"' in answer.text
    assert f'datetime="{soon.departs_at.isoformat()}"' in answer.text
    assert things(answer)["BoatTerminal"][0]["identifier"] == "USAAA"


def test_an_operator_shows_routes_ships_and_conditions(network, client):
    answer = client.get("/operators/BLUE/")

    assert "<h1>BLUE Ferries</h1>" in answer.text
    assert 'href="/routes/AAA/BBB/"' in answer.text
    assert network[0].configuration.vessel.name in answer.text
    assert "ends 10 minutes before departure" in answer.text
    assert "Cancelling" in answer.text


def test_lists_lead_to_all_pages(network, client):
    assert 'href="/routes/AAA/BBB/"' in client.get("/routes/").text
    assert 'href="/ports/BBB/"' in client.get("/ports/").text
    assert 'href="/operators/BLUE/"' in client.get("/operators/").text


def test_a_change_of_the_timetable_shows_at_once(network, client, address):
    query = {"month": month_of(network[0])}
    client.get(address, query)

    network[0].status = Sailing.Status.CANCELLED
    network[0].save()

    assert f"{clock.local(network[0].departs_at, ZONE):%H:%M}</strong>" not in (
        client.get(address, query).text
    )


def test_each_language_has_its_own_ready_page(network, client, address):
    english = client.get(address).text
    with translation.override("de"):
        german_address = reverse("route", args=["AAA", "BBB"])
    german = client.get(german_address).text

    assert german_address == f"/de{address}"
    assert '<html lang="de"' in german
    assert '<html lang="en"' in english
    assert 'href="/de/ports/AAA/"' in german


PAGES = {
    "route": ("/routes/AAA/BBB/", 5),
    "port": ("/ports/AAA/", 3),
    "operator": ("/operators/BLUE/", 4),
    "routes": ("/routes/", 1),
    "ports": ("/ports/", 1),
    "operators": ("/operators/", 1),
}


@pytest.mark.parametrize("name", PAGES)
def test_queries_are_few_and_none_when_ready(network, client, name):
    """However many sailings there are: more of them are made first."""
    path, most = PAGES[name]
    for days in range(3, 9):
        makers.sailing(departs_at=network[0].departs_at + timedelta(days=days))
    query = {"month": month_of(network[0])}

    with CaptureQueriesContext(
        connection,
    ) as made:
        client.get(path, query)
    with CaptureQueriesContext(connection) as ready:
        client.get(path, query)

    assert len(made) == most, [each["sql"][:120] for each in made]
    assert len(ready) == 0


def test_a_month_reads_its_own_legs_by_the_index(network, client, address):
    """Of a timetable of years, a page of one month touches that month only."""
    legs = list(Leg.objects.all())
    many = [
        Leg(
            sailing_id=legs[0].sailing_id,
            from_sequence=number * 2 + 10,
            to_sequence=number * 2 + 11,
            origin_id=legs[0].origin_id,
            destination_id=legs[0].destination_id,
            departs_at=legs[0].departs_at + timedelta(days=60, hours=number),
            arrives_at=legs[0].departs_at + timedelta(days=60, hours=number + 1),
        )
        for number in range(6000)
    ]
    Leg.objects.bulk_create(many)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ferries_leg")

    with CaptureQueriesContext(connection) as made:
        client.get(address, {"month": month_of(network[0])})
    (query,) = [each["sql"] for each in made if '"ferries_leg"."departs_at" <' in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
        (plan,) = cursor.fetchone()[0]

    scans = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "ferries_leg"]
    assert [
        node.get("Index Name", node["Node Type"])
        for node in nodes(plan["Plan"])
        if "leg" in str(node.get("Index Name"))
    ] == ["leg_search"]
    assert sum(node["Actual Rows"] for node in scans) == 2
    assert all(node.get("Rows Removed by Filter", 0) == 0 for node in scans)


def nodes(plan):
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def test_today_is_still_whole_in_the_evening(network, client, address):
    """What has left today is in the timetable, and not among the trips that are offered."""
    gone = makers.sailing(
        departs_at=clock.start_of_day(clock.local(clock.now(), ZONE).date(), ZONE)
        + timedelta(minutes=1)
    )

    answer = client.get(address)

    if clock.local(gone.departs_at, ZONE).date() == clock.local(clock.now(), ZONE).date():
        assert "<strong>00:01</strong>" in answer.text
    trips = things(answer).get("BoatTrip", [])
    assert gone.departs_at.isoformat() not in [trip["departureTime"] for trip in trips]
