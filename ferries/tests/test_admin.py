"""Staff pages: edits reach the traveller at once and never undo a sale."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.forms import CheckboxSelectMultiple
from django.urls import reverse

from ferries import inventory
from ferries.models import (
    PERSONS,
    Operator,
    Port,
    PortCall,
    Route,
    Sailing,
    Tariff,
    Vessel,
    VesselConfiguration,
)
from ferries.party import Party
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(client, django_user_model):
    """Bob is on the staff."""
    bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
    client.force_login(bob)
    return client


def hold(run, party):
    now = clock.now()
    leg = makers.leg(run)
    with transaction.atomic():
        needs = inventory.plan(leg, party, now=now)
        expires_at = now + timedelta(minutes=15)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)


def form_of(page):
    """Return what a browser would post back from a change page."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {}
    for form in forms:
        for field in form:
            widget, name = field.field.widget, field.html_name
            data = widget.format_value(field.value()) if field.value() is not None else ""
            if isinstance(widget, CheckboxSelectMultiple):
                values[name] = data
                continue
            if isinstance(data, list):
                data = data[0] if data else ""
            if hasattr(widget, "widgets"):
                parts = widget.decompress(field.value())
                for index, part in enumerate(parts):
                    values[f"{name}_{index}"] = "" if part is None else str(part)
            elif getattr(widget, "input_type", "") == "checkbox":
                if field.value():
                    values[name] = "on"
            else:
                values[name] = "" if data is None else data
    return values


def change(client, thing, **edits):
    name = f"admin:ferries_{thing._meta.model_name}_change"
    address = reverse(name, args=[thing.pk])
    values = form_of(client.get(address))
    assert set(edits) <= set(values)
    return client.post(address, {**values, **edits})


def shown(client, run):
    day = run.departs_at.date().isoformat()
    answer = client.get(
        "/api/v1/ferries/search", {"origin": "AAA", "destination": "BBB", "date": day}
    )
    return answer["X-Cache"], answer.json()["outbound"]["offers"][0]


def pool_field(run, resource, field):
    pools = list(run.pools.order_by("sector", "resource"))
    index = [pool.resource for pool in pools].index(resource)
    return f"pools-{index}-{field}"


@pytest.mark.parametrize(
    "model", [Operator, Port, Route, Vessel, VesselConfiguration, Sailing, Tariff]
)
def test_bob_sees_every_list_and_page(bob, model):
    makers.sailing()
    thing = model.objects.first()
    name = f"admin:ferries_{model._meta.model_name}"

    assert bob.get(reverse(f"{name}_changelist"), {"q": "a"}).status_code == 200
    assert bob.get(reverse(f"{name}_change", args=[thing.pk])).status_code == 200
    assert bob.get(reverse(f"{name}_add")).status_code == 200


def test_charlie_the_stranger_is_sent_to_the_login(client):
    run = makers.sailing()

    answer = client.get(reverse("admin:ferries_sailing_change", args=[run.pk]))

    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


def test_stopping_a_sale_shows_in_the_search_at_once(bob):
    run = makers.sailing()
    shown(bob, run)
    assert shown(bob, run)[0] == "HIT"

    assert change(bob, run, status="stop_sale").status_code == 302

    cached, offer = shown(bob, run)
    assert cached == "MISS"
    assert [refusal["code"] for refusal in offer["refusals"]] == ["sale_stopped"]


def test_more_capacity_shows_in_the_search_at_once(bob):
    run = makers.sailing(persons=10)
    shown(bob, run)

    answer = change(bob, run, **{pool_field(run, PERSONS, "authorised"): "25"})

    assert answer.status_code == 302
    assert shown(bob, run)[1]["left"]["persons"] == 25


def test_a_dearer_fare_shows_in_the_search_at_once(bob):
    run = makers.sailing()
    shown(bob, run)
    tariff = Tariff.objects.get()
    names = list(tariff.rules.order_by("kind", "code", "category").values_list("code", flat=True))

    answer = change(bob, tariff, **{f"rules-{names.index('adult')}-amount": "1999"})

    assert answer.status_code == 302
    assert shown(bob, run)[1]["price"]["amount"] == 1999


def test_authorises_no_less_than_is_sold(bob):
    run = makers.sailing(persons=10)
    hold(run, Party(adults=4))

    answer = change(bob, run, **{pool_field(run, PERSONS, "authorised"): "3"})

    assert answer.status_code == 200
    assert "4 are sold already." in answer.content.decode()
    assert run.pools.get(resource=PERSONS).authorised == 10


def test_saving_a_page_undoes_no_sale_made_meanwhile(bob):
    run = makers.sailing(persons=10)
    address = reverse("admin:ferries_sailing_change", args=[run.pk])
    values = form_of(bob.get(address))
    hold(run, Party(adults=4))

    answer = bob.post(address, {**values, pool_field(run, PERSONS, "authorised"): "20"})

    assert answer.status_code == 302
    pool = run.pools.get(resource=PERSONS)
    assert (pool.authorised, pool.used) == (20, 4)


def test_another_time_of_a_call_moves_the_leg(bob):
    run = makers.sailing()
    call = PortCall.objects.get(sequence=0)
    later = call.departs_at + timedelta(minutes=30)

    answer = change(bob, run, **{"calls-0-departs_at_1": later.strftime("%H:%M:%S")})

    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.departs_at == later
    assert run.legs.get().departs_at == later
    assert shown(bob, run)[1]["departs_at"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("adapter", "is_refused"), [("local", False), ("http", True)])
def test_only_our_own_routes_can_ask_for_the_list_of_persons(bob, adapter, is_refused):
    makers.sailing()
    Operator.objects.update(adapter=adapter)
    route = Route.objects.get()
    values = {"operator": route.operator_id, "origin": route.origin_id, "active": "on"}
    values |= {"destination": route.destination_id, "configuration": "", "persons_list": "on"}

    answer = bob.post(reverse("admin:ferries_route_change", args=[route.pk]), values)

    assert (answer.status_code == 200) is is_refused
    assert ("own system keeps its list" in answer.text) is is_refused
    route.refresh_from_db()
    assert route.persons_list is not is_refused
