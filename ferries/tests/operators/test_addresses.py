"""Where operators' systems may be: what staff type, and what names resolve to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries.operators import addresses
from ferries.operators.addresses import Forbidden
from ferries.tests.operators.names import Names


@pytest.fixture(autouse=True)
def _as_on_a_server(settings):
    """Allow what a server without any setting allows."""
    settings.OPERATOR_ALLOW_HTTP = False
    settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = []


@pytest.fixture
def names(monkeypatch):
    return Names(monkeypatch)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://api.komp.example", ("api.komp.example", 443, "")),
        ("https://API.komp.example:8443/maritime/v2/", ("api.komp.example", 8443, "/maritime/v2")),
        ("https://93.184.216.34", ("93.184.216.34", 443, "")),
        ("https://[2606:2800:220:1::1]/x", ("2606:2800:220:1::1", 443, "/x")),
    ],
)
def test_a_public_https_address_is_read(url, parts):
    address = addresses.read(url)

    assert (address.host, address.port, address.prefix) == parts


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "plain text"),
        ("https://" + "a" * 200, "at most 200"),
        ("https://komp.example/\n", "plain text"),
        ("https://kömp.example", "plain text"),
        ("http://komp.example", "must begin with https"),
        ("ftp://komp.example", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("komp.example", "must begin with https"),
        ("https://", "names no host"),
        ("https://a b", "names no host"),
        ("https://-komp.example", "names no host"),
        ("https://[x", "not a web address"),
        ("https://komp.example:99999", "not a web address"),
        ("https://user:secret@komp.example", "no user name"),
        ("https://@komp.example", "no user name"),
        ("https://komp.example?x=1", "plain path"),
        ("https://komp.example/#x", "plain path"),
        ("https://komp.example/a\\b", "plain path"),
        ("https://komp.example:22", "Port 22 is not allowed"),
        ("https://komp.example:0", "Port 0 is not allowed"),
        ("https://komp.example:80", "Port 80 is not allowed"),
        ("https://127.0.0.1", "no public address"),
        ("https://[::1]", "no public address"),
        ("https://169.254.169.254", "no public address"),
    ],
)
def test_any_other_address_is_refused_with_a_sentence(url, sentence):
    with pytest.raises(Forbidden, match=sentence):
        addresses.read(url)


@given(st.text(max_size=60) | st.from_regex(r"https?://[\x00-\x7f]{0,30}"))
def test_whatever_is_typed_is_read_or_refused(url):
    try:
        address = addresses.read(url)
    except Forbidden:
        return

    assert addresses.read(address.url("")) == address


def test_http_needs_a_setting(settings):
    settings.OPERATOR_ALLOW_HTTP = True

    assert addresses.read("http://komp.example").port == 80


@pytest.mark.parametrize(
    "number",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2001:db8::1", "2001:0:1::1", "2002:7f00:1::1",
        "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_numbers_that_are_not_public(number):
    assert not addresses.is_public(number)


@pytest.mark.parametrize(
    "number", ["93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "64:ff9b::5db8:d822"]
)
def test_numbers_that_are_public(number):
    assert addresses.is_public(number)


def test_a_name_is_looked_up_once_and_gives_numbers(names):
    names.known["komp.example"] = ["93.184.216.34", "93.184.216.35", "93.184.216.34"]

    found = addresses.checked("komp.example", 443, seconds=2)

    assert found == ["93.184.216.34", "93.184.216.35"]
    assert names.asked == ["komp.example"]


def test_one_private_number_spoils_the_name(names):
    names.known["komp.example"] = ["93.184.216.34", "10.0.0.7"]

    with pytest.raises(Forbidden, match=r"komp\.example is at 10\.0\.0\.7"):
        addresses.checked("komp.example", 443, seconds=2)


@pytest.mark.parametrize("entry", ["komp.internal", "KOMP.internal", "komp.internal:8900"])
def test_the_environment_may_vouch_for_a_host(names, settings, entry):
    names.known["komp.internal"] = ["10.0.0.7"]
    settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = [entry]

    assert addresses.read("https://komp.internal:8900").port == 8900
    assert addresses.checked("komp.internal", 8900, seconds=2) == ["10.0.0.7"]


def test_it_vouches_for_no_other_port_or_host(names, settings):
    names.known |= {"komp.internal": ["10.0.0.7"], "x.komp.internal": ["10.0.0.7"]}
    settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = ["komp.internal:8900"]

    for host, port in (("komp.internal", 6379), ("x.komp.internal", 8900)):
        with pytest.raises(Forbidden):
            addresses.checked(host, port, seconds=2)


def test_a_name_that_does_not_exist(names):
    with pytest.raises(OSError, match=r"nowhere\.example was not found"):
        addresses.checked("nowhere.example", 443, seconds=2)
