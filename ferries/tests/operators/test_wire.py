"""Connections: to what was checked, by the name that was asked for, and over when time is over."""

import datetime as dt
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ferries.errors import OperatorTimeout, OperatorUnavailable
from ferries.operators import client, wire
from ferries.tests.operators.conftest import remote
from ferries.tests.operators.names import Names
from ferries.tests.operators.scripted import ScriptedServer, says

GOOD = says({"status": "ok"})


@pytest.fixture
def names(monkeypatch):
    return Names(monkeypatch)


def port_of(server):
    return int(server.url.rpartition(":")[2])


def health(url, *, seconds=2.0):
    return client.ask_once(remote("ODD", url, timeout_seconds=seconds), "GET", "/health")


def fails_in_time(url, *, seconds=0.5, error=OperatorTimeout):
    started = time.monotonic()
    with pytest.raises(error):
        health(url, seconds=seconds)
    return time.monotonic() - started < seconds + 1.5


class TestWhere:
    def test_a_name_that_points_inside_is_not_connected_to(self, names, scripted):
        names.known["komp.example"] = ["127.0.0.1"]
        scripted.answers = [GOOD]

        with pytest.raises(OperatorUnavailable) as caught:
            health(f"http://komp.example:{port_of(scripted)}")

        assert "Port" in str(caught.value.__cause__)
        assert scripted.asked == []

    def test_not_even_on_a_port_that_is_allowed(self, names, scripted, settings):
        names.known["komp.example"] = ["127.0.0.1"]
        settings.OPERATOR_ALLOWED_PORTS = [str(port_of(scripted))]
        scripted.answers = [GOOD]

        with pytest.raises(OperatorUnavailable) as caught:
            health(f"http://komp.example:{port_of(scripted)}")

        assert "127.0.0.1, which is no public address" in str(caught.value.__cause__)
        assert scripted.asked == []

    def test_a_name_that_turns_inside_between_two_looks_gains_nothing(
        self, names, scripted, settings
    ):
        looks = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
        names.known["rebind.example"] = lambda: next(looks)
        settings.OPERATOR_ALLOWED_PORTS = [str(port_of(scripted))]
        scripted.answers = [GOOD]

        # The checked number is dialled, not the name: 93.184.216.34 does not answer there.
        with pytest.raises(OperatorUnavailable):
            health(f"http://rebind.example:{port_of(scripted)}", seconds=0.5)

        assert names.asked == ["rebind.example"]
        assert scripted.asked == []

    def test_the_host_header_has_the_name(self, names, scripted, settings):
        names.known["komp.internal"] = ["127.0.0.1"]
        settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = ["komp.internal"]
        scripted.answers = [GOOD]

        health(f"http://komp.internal:{port_of(scripted)}")

        assert scripted.headers[0]["Host"] == f"komp.internal:{port_of(scripted)}"
        assert names.asked == ["komp.internal"]

    def test_a_dead_number_leaves_time_for_the_next(self, names, scripted, settings):
        names.known["komp.internal"] = ["127.255.255.254", "127.0.0.1"]
        settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = ["komp.internal"]
        scripted.answers = [GOOD]

        assert health(f"http://komp.internal:{port_of(scripted)}").status == 200

    def test_a_proxy_of_the_environment_is_not_used(self, scripted, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        scripted.answers = [GOOD]

        assert health(scripted.url).status == 200

    def test_a_redirect_is_not_followed(self, scripted):
        with ScriptedServer() as inside:
            inside.answers = [GOOD]
            scripted.answers = [says({}, status=307, Location=f"{inside.url}/health")]

            with pytest.raises(OperatorUnavailable):
                health(scripted.url)

            assert inside.asked == []


class TestNames:
    """TLS checks the name that was asked for, though a number is dialled."""

    @pytest.fixture
    def secure(self, tmp_path, monkeypatch, scripted, names, settings):
        certificate = certificate_for("komp.internal", tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.asked_for = []
        context.sni_callback = lambda _socket, name, _context: self.asked_for.append(name)
        scripted.wrap(context)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        wire._connections.cache_clear()
        names.known |= {"komp.internal": ["127.0.0.1"], "other.internal": ["127.0.0.1"]}
        settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = ["komp.internal", "other.internal"]
        scripted.answers = [GOOD]
        yield scripted
        wire._connections.cache_clear()

    def test_the_certificate_of_the_name_is_good(self, secure):
        assert health(f"https://komp.internal:{port_of(secure)}").status == 200
        assert self.asked_for == ["komp.internal"]

    def test_that_of_another_name_is_not(self, secure):
        with pytest.raises(OperatorUnavailable):
            health(f"https://other.internal:{port_of(secure)}")

        assert secure.asked == []


class TestTime:
    def test_headers_in_drops(self, scripted):
        scripted.answers = [drips_headers]

        assert fails_in_time(scripted.url)

    def test_an_endless_row_of_interim_answers(self, scripted):
        scripted.answers = [interim]

        assert fails_in_time(scripted.url)

    def test_a_chunked_body_in_drops(self, scripted):
        scripted.answers = [drips_chunks]

        assert fails_in_time(scripted.url)

    def test_a_handshake_that_never_comes(self, scripted, settings):
        scripted.answers = [GOOD]
        settings.OPERATOR_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]

        # The server waits for a line of HTTP, and the client for a hello.
        assert fails_in_time(scripted.url.replace("http://", "https://"), error=OperatorUnavailable)

    def test_a_name_server_that_hangs(self, names):
        release = threading.Event()
        names.known["slow.example"] = lambda: release.wait(20) and ["93.184.216.34"]

        in_time = fails_in_time("http://slow.example", seconds=0.4)
        again = fails_in_time("http://slow.example", seconds=0.4)
        release.set()

        assert in_time
        assert again
        # One look-up waits for all who ask for the name.
        assert names.asked == ["slow.example"]


class TestSize:
    def test_many_headers(self, scripted):
        scripted.answers = [says({}, **{f"X_{number}": "x" for number in range(70)})]

        assert fails_in_time(scripted.url, error=OperatorUnavailable)

    def test_long_headers(self, scripted):
        scripted.answers = [says({}, X_Long="x" * 20_000)]

        assert fails_in_time(scripted.url, error=OperatorUnavailable)

    def test_headers_without_an_end(self, scripted):
        scripted.answers = [floods_headers]

        assert fails_in_time(scripted.url, seconds=5, error=OperatorUnavailable)


def certificate_for(name, folder):
    """Return a file with a self-signed certificate of a name and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def slowly(handler, first, piece, *, times=100, pause=0.05):
    handler.close_connection = True
    try:
        handler.wfile.write(first)
        for _ in range(times):
            handler.wfile.write(piece)
            time.sleep(pause)
    except OSError:
        pass


def drips_headers(handler):
    slowly(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")


def interim(handler):
    slowly(handler, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")


def drips_chunks(handler):
    slowly(handler, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")


def floods_headers(handler):
    slowly(handler, b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 8000 + b"\r\n", pause=0)
