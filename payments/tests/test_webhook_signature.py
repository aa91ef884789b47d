import pytest
import stripe

from maritime.lib import clock
from payments import webhook_signature
from payments.errors import BadSignature
from payments.tests.makers import signature

TEXT = '{"id": "evt_1", "place": "Szántódrév"}'


def verify(header, secrets=("whsec_new", "whsec_old")):
    return webhook_signature.verify(TEXT.encode(), header, secrets=secrets, now=clock.now())


def test_accepts_what_the_package_of_stripe_signs():
    verify(signature(TEXT))


def test_signs_what_the_package_of_stripe_accepts():
    header = webhook_signature.sign(TEXT.encode(), secret="whsec_new", at=clock.now())

    assert stripe.WebhookSignature.verify_header(TEXT, header, "whsec_new", 300)


def test_accepts_the_older_secret_while_it_is_being_changed():
    assert verify(signature(TEXT)) == 0
    assert verify(signature(TEXT, secret="whsec_old")) == 1


def test_accepts_any_of_several_signatures():
    stamp, good = signature(TEXT).split(",")
    verify(f"{stamp},v1={'0' * 64},{good},v0=abc")


@pytest.mark.parametrize("late_seconds", [-298, 0, 298])
def test_accepts_stamps_within_five_minutes(late_seconds):
    verify(signature(TEXT, late_seconds=late_seconds))


@pytest.mark.parametrize("late_seconds", [-3600, -302, 302, 3600])
def test_refuses_stamps_from_long_ago_and_from_the_future(late_seconds):
    with pytest.raises(BadSignature):
        verify(signature(TEXT, late_seconds=late_seconds))


def changed(old, new):
    return signature(TEXT).replace(old, new)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "t=,v1=",
        "t=1",
        "v1=abc",
        "t=abc,v1=abc",
        "t=١٢٣,v1=abc",
        "t=1_000,v1=abc",
        "t=-5,v1=abc",
        "t=" + "9" * 400 + ",v1=abc",
        "\xff\xfe=1,v1=é",
        "a" * 5000,
    ],
)
def test_refuses_headers_that_are_not_signatures(header):
    with pytest.raises(BadSignature):
        verify(header)


def test_refuses_a_letter_outside_of_ascii_in_a_good_header():
    with pytest.raises(BadSignature):
        verify(changed("v1=", "v1=é"))


def test_refuses_two_stamps():
    with pytest.raises(BadSignature):
        verify("t=1," + signature(TEXT))


def test_refuses_another_text():
    with pytest.raises(BadSignature):
        verify(signature(TEXT + " "))


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_other",)])
def test_refuses_without_the_right_secret(secrets):
    with pytest.raises(BadSignature):
        verify(signature(TEXT), secrets)


def test_never_verifies_with_an_empty_secret():
    header = webhook_signature.sign(TEXT.encode(), secret="", at=clock.now())
    with pytest.raises(BadSignature):
        verify(header, ("",))


def test_demo_secret_is_accepted_in_the_demo_only(settings):
    settings.PAYMENTS_DEMO = True
    assert webhook_signature.demo_secret() in webhook_signature.secrets()

    settings.PAYMENTS_DEMO = False
    assert webhook_signature.secrets() == ["whsec_new", "whsec_old"]
