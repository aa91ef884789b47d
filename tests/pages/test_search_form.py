"""The search form helps with the size of a vehicle, and works without any script."""

import re

import pytest
from django.urls import reverse

from ferries.tests import makers

CAR = {"vehicle": "car", "vehicle_length_cm": 450, "vehicle_height_cm": 150}


def party_of(answer):
    """Return the party that the results hand on to the check-out page."""
    form = answer.text.partition(f'action="{reverse("checkout")}"')[2]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


@pytest.mark.parametrize(
    ("extras", "length_cm", "height_cm", "trailer_cm"),
    [
        ({}, "450", "150", "0"),
        ({"roof_box": "on"}, "450", "190", "0"),
        ({"roof_bicycles": "on"}, "450", "260", "0"),
        ({"roof_box": "on", "roof_bicycles": "on"}, "450", "260", "0"),
        ({"bicycle_rack": "on"}, "530", "150", "0"),
        ({"trailer": "caravan"}, "450", "150", "720"),
        ({"trailer": "caravan", "trailer_length_cm": 655}, "450", "150", "655"),
    ],
)
def test_loads_and_trailers_add_to_the_size(
    extras, length_cm, height_cm, trailer_cm, crossing, pages
):
    party = party_of(pages.search(crossing, **CAR, **extras))

    assert party["vehicle_length_cm"] == length_cm
    assert party["vehicle_height_cm"] == height_cm
    assert party["trailer_length_cm"] == trailer_cm


def test_a_size_that_was_left_out_is_the_typical_one_of_its_kind(crossing, pages):
    answer = pages.search(crossing, vehicle="motorhome", roof_box="on")

    assert "1 adult, motorhome 7.2 m long and 3.5 m high" in answer.text


def test_a_kind_that_does_not_exist_is_explained(crossing, pages):
    answer = pages.search(crossing, vehicle="submarine", trailer="sledge")

    assert answer.status_code == 422
    assert "Choose a vehicle from the list." in answer.text
    assert "Choose a trailer from the list." in answer.text
    assert 'href="#id_vehicle"' in answer.text


def test_the_form_keeps_what_was_asked(crossing, pages):
    text = pages.search(crossing, **CAR, roof_box="on", trailer="boat", children=2).text

    assert re.search(r'<option value="AAA" selected>', text)
    assert re.search(r'name="vehicle" value="car"[^>]* checked', text)
    assert re.search(r'name="roof_box"[^>]* checked', text)
    assert '<option value="boat" selected>' in text
    assert re.search(r'name="children" value="2"', text)


def test_the_start_page_can_be_opened_with_a_question(crossing, client):
    text = client.get("/", {"origin": "AAA", "adults": 3}).text

    assert '<option value="AAA" selected>' in text
    assert re.search(r'name="adults" value="3"', text)


def test_the_port_picker_knows_names_codes_and_where_one_gets(crossing, client):
    piraeus = makers.port("GRPIR", country="GR", zone="Europe/Athens")
    makers.route(crossing.operator, makers.port("AAA"), piraeus)

    answer = client.get(reverse("port_picker"))

    facts = answer.json()
    assert [port["code"] for port in facts["ports"]] == ["AAA", "BBB", "GRPIR"]
    assert facts["ports"][2]["country"] == "GR"
    assert "Πειραιάς" in facts["ports"][2]["names"]
    assert facts["routes"] == {"AAA": ["BBB", "GRPIR"]}
    assert "max-age=300" in answer["Cache-Control"]


def test_the_port_picker_forgets_at_once_what_changed(crossing, client, django_assert_num_queries):
    client.get(reverse("port_picker"))
    with django_assert_num_queries(0):
        client.get(reverse("port_picker"))

    makers.route(crossing.operator, makers.port("BBB"), makers.port("AAA"))

    assert client.get(reverse("port_picker")).json()["routes"]["BBB"] == ["AAA"]


def test_the_style_guide_is_for_developers_only(client, db, settings):
    address = reverse("styleguide")
    assert client.get(address).status_code == 404

    settings.DEBUG = True

    assert "7 places left" in client.get(address).text
