"""Staff pages of fare families, conditions, tariffs and discounts."""

import pytest
from django.urls import reverse

from ferries.models import ConditionBand, CustomerGroup, Discount, FareFamily, Operator, Tariff
from ferries.tests import makers
from ferries.tests.test_admin import form_of

pytestmark = pytest.mark.django_db


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
    assert set(edits) <= set(values), set(edits) - set(values)
    return client.post(page, {**values, **edits})


def errors(answer):
    form = answer.context["adminform"].form
    return {field: list(sentences) for field, sentences in form.errors.items()}


def band_errors(answer):
    (inline,) = answer.context["inline_admin_formsets"]
    found = {
        (form.instance.code, field): list(sentences)
        for form in inline.formset.forms
        for field, sentences in form.errors.items()
    }
    return found, list(inline.formset.non_form_errors())


def family(code="flexi", company=None):
    return FareFamily.objects.create(
        operator=company or makers.operator(), code=code, name=code.title()
    )


def with_bands():
    """Return a family that is free until 24 h before departure and costs half after that."""
    flexi = family()
    for code, start, end, percent in (("free", 24, None, 0), ("late", 0, 24, 50)):
        ConditionBand.objects.create(
            operator=flexi.operator, family=flexi, code=code, from_hours=start, to_hours=end,
            percent=percent, sentence=f"{percent} %",
        )  # fmt: skip
    return flexi


@pytest.mark.parametrize("model", [FareFamily, Discount, Tariff])
def test_bob_sees_every_list_and_page(bob, model):
    makers.sailing()
    Tariff.objects.update(family=with_bands())
    Discount.objects.create(
        operator=makers.operator(), kind="offer", code="SUMMER", label="Summer", percent_bp=1000
    )
    thing = model.objects.get()

    pages = [
        bob.get(address(model, "changelist"), {"q": "a"}),
        bob.get(address(model, "change", thing.pk)),
        bob.get(address(model, "add")),
    ]

    assert [page.status_code for page in pages] == [200] * 3


def test_bands_without_gaps_are_saved_with_the_operator_of_their_family(bob):
    flexi = with_bands()

    answer = change(
        bob,
        flexi,
        **{
            "condition_bands-TOTAL_FORMS": "2",
            "condition_bands-0-percent": "10",
            "condition_bands-0-components": "passenger,vehicle",
            "condition_bands-1-components": "passenger,vehicle",
        },
    )

    assert band_errors(answer)[1] == [
        "cancel: no band covers the kinds of lines that no band names."
    ]
    assert change(bob, flexi, **{"condition_bands-0-percent": "10"}).status_code == 302
    assert ConditionBand.objects.get(code="free").percent == 10


def test_a_new_band_gets_the_operator(bob):
    flexi = family()
    page = address(FareFamily, "change", flexi.pk)
    values = form_of(bob.get(page))
    first = {
        "action": "cancel", "code": "all", "from_hours": "0", "to_hours": "", "reference": "own",
        "charge": "percent", "percent": "100", "amount": "0", "minimum": "0", "maximum": "",
        "per": "item", "components": "", "medium": "original", "sentence": "No refund.",
    }  # fmt: skip

    answer = bob.post(
        page,
        {
            **values,
            "condition_bands-TOTAL_FORMS": "1",
            **{f"condition_bands-0-{name}": value for name, value in first.items()},
        },
    )

    assert answer.status_code == 302
    band = flexi.condition_bands.get()
    assert (band.operator, band.code) == (flexi.operator, "all")


def test_an_overlap_is_shown_at_the_band_that_makes_it(bob):
    flexi = with_bands()

    answer = change(bob, flexi, **{"condition_bands-0-from_hours": "20"})

    assert band_errors(answer) == (
        {("free", "from_hours"): ["cancel: late and free overlap from 20 hours on."]},
        [],
    )
    assert ConditionBand.objects.get(code="free").from_hours == 24


def test_a_gap_is_shown_above_the_bands(bob):
    flexi = with_bands()

    answer = change(bob, flexi, **{"condition_bands-0-from_hours": "30"})

    assert band_errors(answer) == (
        {},
        ["cancel: no band covers 24 to 30 hours before departure."],
    )


def test_fields_that_deny_each_other_are_shown_at_the_field(bob):
    flexi = with_bands()

    answer = change(
        bob,
        flexi,
        **{"condition_bands-1-charge": "none", "condition_bands-0-minimum": "900",
           "condition_bands-0-maximum": "500"},
    )  # fmt: skip

    found, above = band_errors(answer)
    assert found == {
        ("late", "percent"): ["cancel: late has a percentage, but does not charge by it."],
        ("free", "maximum"): ["cancel: free has a minimum above its maximum."],
    }
    assert above == []


def test_two_bands_with_one_code_are_refused(bob):
    flexi = with_bands()

    answer = change(bob, flexi, **{"condition_bands-1-code": "free"})

    assert band_errors(answer)[0] == {
        ("free", "code"): ["Another band of this action has the same code."]
    }


def test_the_operators_page_has_the_bands_without_a_family_only(bob):
    makers.bands(makers.operator())
    flexi = with_bands()

    page = bob.get(address(Operator, "change", flexi.operator_id))

    (inline,) = page.context["inline_admin_formsets"]
    shown = {form.instance.family_id for form in inline.formset.initial_forms}
    assert shown == {None}
    assert change(bob, flexi.operator, name="Blue").status_code == 302


def test_a_tariff_names_a_family_of_its_own_operator_and_periods_in_order(bob):
    makers.sailing()
    foreign = family(company=makers.operator("RED"))

    answer = change(
        bob, Tariff.objects.get(), family=str(foreign.pk), booking_from="2030-02-01",
        booking_until="2030-01-01",
    )  # fmt: skip

    assert errors(answer) == {
        "family": ["RED Flexi belongs to another operator than the route."],
        "booking_until": ["The booking period ends before it begins."],
    }


def discount(client, **values):
    facts = {
        "operator": makers.operator().pk, "kind": "offer", "code": "summer", "label": "Summer",
        "percent_bp": "1000", "amount": "0", "components": "",
    }  # fmt: skip
    return client.post(address(Discount, "add"), {**facts, **values})


def test_an_offer_code_is_stored_in_upper_case(bob):
    assert discount(bob, quota="10", per_customer="1").status_code == 302

    saved = Discount.objects.get()
    assert (saved.code, saved.quota, saved.per_customer) == ("SUMMER", 10, 1)


def test_a_discount_that_denies_itself_is_refused_with_sentences(bob):
    foreign = CustomerGroup.objects.create(operator=makers.operator("RED"), code="red", name="Red")

    both = discount(bob, amount="500")
    other = discount(bob, kind="group", group=str(foreign.pk))
    backwards = discount(bob, travel_from="2030-02-01", travel_until="2030-01-01")

    assert "Give a percentage up to 100 or an amount, not both." in both.content.decode()
    assert errors(other) == {"group": ["RED: Red belongs to another operator."]}
    assert errors(backwards) == {"travel_until": ["The travel period ends before it begins."]}
    assert not Discount.objects.exists()
