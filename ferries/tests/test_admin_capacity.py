"""Staff pages of ships, sailings and allotments."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import transaction
from django.urls import reverse

from ferries import inventory
from ferries.models import (
    PERSONS,
    AccommodationType,
    Allotment,
    AllotmentRule,
    CustomerGroup,
    DeckArea,
    PetSpace,
    Route,
    Sailing,
)
from ferries.party import Party
from ferries.tests import makers
from ferries.tests.test_admin import form_of
from maritime.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(client, django_user_model):
    """Bob is on the staff."""
    bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
    client.force_login(bob)
    return client


def address(model, page, *args):
    return reverse(f"admin:ferries_{model._meta.model_name}_{page}", args=args)


def change(client, thing, **edits):
    page = address(type(thing), "change", thing.pk)
    values = form_of(client.get(page))
    assert set(edits) <= set(values)
    return client.post(page, {**values, **edits})


def group(code="residents"):
    return CustomerGroup.objects.get_or_create(
        operator=makers.operator(), code=code, defaults={"name": code.title()}
    )[0]


def post_share(client, run, **values):
    release = (run.departs_at - timedelta(hours=6)).strftime("%Y-%m-%d %H:%M:%S").split()
    return client.post(
        address(Allotment, "add"),
        {
            "sailing": run.pk,
            "group": group().pk,
            "resource": PERSONS,
            "amount": 4,
            "release_at_0": release[0],
            "release_at_1": release[1],
            **values,
        },
    )


def errors(answer):
    form = answer.context["adminform"].form
    return {field: list(sentences) for field, sentences in form.errors.items()}


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def rows(run):
    pools = run.pools.filter(resource=PERSONS).order_by("sector", "pk")
    return [(bool(pool.allotment_id), pool.authorised, pool.used) for pool in pools]


@pytest.mark.parametrize("model", [CustomerGroup, Allotment, AllotmentRule])
def test_bob_sees_every_list_and_page(bob, model):
    run = makers.sailing()
    post_share(bob, run)
    AllotmentRule.objects.create(
        route=Route.objects.get(), group=group(), resource=PERSONS, percent=5, release_hours=1
    )
    thing = model.objects.get()

    pages = [
        bob.get(address(model, "changelist"), {"q": "a"}),
        bob.get(address(model, "change", thing.pk)),
        bob.get(address(model, "add")),
        bob.get(address(model, "delete", thing.pk)),
    ]

    assert [page.status_code for page in pages] == [200] * 4


def test_bob_fits_a_ship_out_on_one_page(bob):
    ship = makers.configuration(makers.operator())
    AccommodationType.objects.create(
        configuration=ship, code="inside", name="Inside", kind="cabin", units=3, max_occupancy=4
    )
    PetSpace.objects.create(configuration=ship, kind="kennel", places=2)

    answer = change(
        bob,
        ship,
        lsa_persons="90",
        crew="10",
        foot_persons="50",
        **{
            "deck_areas-0-max_width_cm": "250",
            "deck_areas-0-total_kg": "9000",
            "deck_areas-0-admits": "car,van",
            "accommodation-0-units": "5",
            "pet_spaces-0-places": "7",
        },
    )

    assert answer.status_code == 302
    ship.refresh_from_db()
    assert (ship.persons, ship.foot_persons) == (80, 50)
    area = DeckArea.objects.get()
    assert (area.max_width_cm, area.total_kg, area.admits) == (250, 9000, ["car", "van"])
    assert (ship.accommodation.get().units, ship.pet_spaces.get().places) == (5, 7)


def test_limits_of_a_ship_that_deny_each_other_are_shown_as_sentences(bob):
    ship = makers.configuration(makers.operator())

    crowded = change(bob, ship, lsa_persons="5", crew="10")
    muddled = change(bob, ship, **{"deck_areas-0-places": "4"})

    assert "The life-saving places do not even carry the crew." in crowded.content.decode()
    assert "An area counts lane length or places, not both." in muddled.content.decode()


def test_saving_a_ship_tells_that_sold_sailings_keep_what_they_have(bob):
    run = makers.sailing(persons=10)

    answer = change(bob, run.configuration, certified_persons="8")

    assert rows(run) == [(False, 10, 0)]
    assert said(answer)[0] == (
        "1 coming sailings keep the capacity they have. Swap one to this configuration to bring "
        "it in line."
    )


def test_the_sale_is_stopped_and_resumed_in_the_list(bob):
    run, other = makers.sailing(), makers.sailing()

    def act(name):
        return bob.post(
            address(Sailing, "changelist"),
            {"action": name, "_selected_action": [run.pk, other.pk]},
            follow=True,
        )

    Sailing.objects.filter(pk=other.pk).update(status="cancelled")
    stopped = act("stop_sale").content.decode()
    after = set(Sailing.objects.values_list("status", flat=True))
    act("resume_sale")

    assert "1 sailings: sale stopped." in stopped
    assert after == {"stop_sale", "cancelled"}
    assert set(Sailing.objects.values_list("status", flat=True)) == {"on_sale", "cancelled"}


def test_a_sale_that_closes_before_it_opens_is_refused_at_the_field(bob):
    run = makers.sailing()

    answer = change(
        bob,
        run,
        sale_opens_at_0="2030-05-02",
        sale_opens_at_1="10:00:00",
        sale_closes_at_0="2030-05-02",
        sale_closes_at_1="09:00:00",
    )

    assert errors(answer) == {"sale_closes_at": ["The sale closes before it opens."]}


def test_the_ship_of_a_sailing_is_only_shown_with_a_link_to_the_swap(bob):
    run = makers.sailing()

    page = bob.get(address(Sailing, "change", run.pk))

    assert "configuration" not in page.context["adminform"].form.fields
    assert reverse("admin:bookings_swap_vessel", args=[run.pk]) in page.content.decode()


def test_a_share_entered_by_bob_moves_the_space_in_the_pools(bob):
    run = makers.sailing(persons=10)

    answer = post_share(bob, run)

    assert answer.status_code == 302
    assert rows(run) == [(False, 6, 0), (True, 4, 0)]
    change(bob, Allotment.objects.get(), amount="7")
    assert rows(run) == [(False, 3, 0), (True, 7, 0)]


def test_a_share_that_is_too_large_is_refused_at_the_amount_with_numbers(bob):
    run = makers.sailing(persons=10)

    answer = post_share(bob, run, amount=11)

    assert errors(answer) == {
        "amount": ["Only 10 are left for everybody on sector 0; 11 are needed for the share."]
    }
    assert not Allotment.objects.exists()
    assert rows(run) == [(False, 10, 0)]


def test_the_same_share_twice_is_refused(bob):
    run = makers.sailing(persons=10)
    post_share(bob, run)

    answer = post_share(bob, run, amount=5)

    assert answer.status_code == 200
    assert rows(run) == [(False, 6, 0), (True, 4, 0)]


def test_deleting_a_share_gives_the_space_back_but_for_what_is_sold(bob):
    run = makers.sailing(persons=10)
    post_share(bob, run)
    now = clock.now()
    with transaction.atomic():
        needs = inventory.plan(makers.leg(run), Party(group="residents"), now=now)
        expires_at = now + timedelta(minutes=15)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)
    share = Allotment.objects.get()

    answer = bob.post(address(Allotment, "delete", share.pk), {"post": "yes"})

    assert "1 stay sold to Residents." in said(answer)
    assert rows(run) == [(False, 9, 0), (True, 1, 1)]


def test_several_shares_are_given_back_from_the_list(bob):
    run = makers.sailing(persons=10)
    post_share(bob, run)

    bob.post(
        address(Allotment, "changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [Allotment.objects.get().pk],
            "post": "yes",
        },
    )

    assert rows(run) == [(False, 10, 0)]
    assert not Allotment.objects.exists()


def test_rules_of_a_route_keep_no_more_than_everything(bob):
    makers.sailing()
    values = {"route": Route.objects.get().pk, "resource": PERSONS, "release_hours": 6}

    first = bob.post(address(AllotmentRule, "add"), {**values, "group": group().pk, "percent": 60})
    second = bob.post(
        address(AllotmentRule, "add"), {**values, "group": group("walk-up").pk, "percent": 41}
    )

    assert first.status_code == 302
    assert errors(second) == {"percent": ["Other rules of this route keep 60 % already."]}


def test_a_group_code_is_stored_as_it_is_compared(bob):
    values = {"operator": makers.operator().pk, "code": "Residents", "name": "Residents"}

    bob.post(address(CustomerGroup, "add"), values)

    assert CustomerGroup.objects.get().code == "residents"


def test_another_operators_group_is_refused_at_the_field(bob):
    makers.sailing()
    foreign = CustomerGroup.objects.create(operator=makers.operator("RED"), code="red", name="Red")

    answer = bob.post(
        address(AllotmentRule, "add"),
        {
            "route": Route.objects.get().pk, "group": foreign.pk, "resource": PERSONS,
            "percent": 5, "release_hours": 6,
        },
    )  # fmt: skip

    assert errors(answer) == {"group": ["RED: Red belongs to another operator than the route."]}
