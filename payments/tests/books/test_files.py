"""The ledger as a file, as a list of balances and on the pages of staff."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from ferries.models import Operator
from maritime.lib import clock
from payments import ledger_csv
from payments.models import LedgerEntry, LedgerTransaction
from payments.tests.back.worlds import sent
from payments.tests.books.worlds import journey
from payments.tests.makers import succeeded

pytestmark = pytest.mark.django_db
EXPORT = reverse("admin:payments_ledger_export")
LIST = reverse("admin:payments_ledgerentry_changelist")
BALANCES = reverse("admin:payments_ledger_balances")
TODAY = clock.now().date()
PERIOD = {"since": TODAY - timedelta(days=1), "until": TODAY + timedelta(days=2)}


def booked(payment, *lines, at=None, currency="USD", kind="captured"):
    """Write a transaction of accounts, operators and amounts."""
    movement = LedgerTransaction.objects.create(
        key=f"test:{LedgerTransaction.objects.count()}", kind=kind, booking=payment.booking,
        payment=payment, currency=currency, at=at or clock.now(),
    )  # fmt: skip
    for account, operator, amount in lines:
        LedgerEntry.objects.create(
            transaction=movement, account=account, operator=operator, amount=amount
        )


def exported(tmp_path, *options, output="ledger.csv", **changes):
    file = tmp_path / output
    period = {**PERIOD, **changes}
    named = [f"--{name}={day}" for name, day in period.items()]
    call_command("export_ledger", *named, "--output", str(file), *options)
    return read(file.read_bytes())


def read(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def short(rows):
    return [
        (row["kind"], row["account"], row["operator"], row["debit"], row["credit"]) for row in rows
    ]


@pytest.fixture
def bob(client):
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_ledgerentry"))
    client.force_login(user)
    return client


def test_the_file_has_debit_and_credit_in_major_units(provider, tmp_path):
    payment = journey(provider)
    sent(payment, 100)

    rows = exported(tmp_path)

    assert short(rows) == [
        ("captured", "cash", "", "25.01", ""),
        ("captured", "customer", "", "", "25.01"),
        ("sold", "customer", "", "25.01", ""),
        ("sold", "operator", "BLUE", "", "10.00"),
        ("sold", "operator", "RED", "", "15.01"),
        ("owed", "customer", "", "", "1.00"),
        ("owed", "operator", "BLUE", "0.40", ""),
        ("owed", "operator", "RED", "0.60", ""),
        ("refunded", "customer", "", "1.00", ""),
        ("refunded", "cash", "", "", "1.00"),
    ]
    first = rows[0]
    assert (first["booking"], first["payment"], first["currency"], first["money"]) == (
        payment.booking.reference, str(payment.public_id), "USD", "live",
    )  # fmt: skip
    assert datetime.fromisoformat(first["at"]).tzinfo == UTC
    assert first["at"] == payment.ledger.first().at.isoformat(timespec="seconds")


def test_one_operator_sees_only_what_is_owed_to_it(provider, tmp_path):
    sent(journey(provider), 100)

    rows = exported(tmp_path, "--operator", "RED")

    assert short(rows) == [
        ("sold", "operator", "RED", "", "15.01"),
        ("owed", "operator", "RED", "0.60", ""),
    ]


def test_the_period_includes_its_start_and_excludes_its_end(provider, tmp_path):
    payment = journey(provider)
    for hour, amount in ((23, 1), (24, 2), (47, 3), (48, 4)):
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
        booked(payment, ("cash", "", amount), ("customer", "", -amount), at=at)

    rows = exported(tmp_path, since="2026-03-02", until="2026-03-03")

    assert [row["debit"] or row["credit"] for row in rows] == ["0.02", "0.02", "0.03", "0.03"]


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("JPY", 500, "500"), ("KWD", 5, "0.005"), ("EUR", 12345678901, "123456789.01")],
)
def test_decimals_are_those_of_the_currency(provider, tmp_path, currency, amount, shown):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    lines = ("cash", "", amount), ("customer", "", -amount)
    booked(journey(provider), *lines, at=at, currency=currency)

    rows = exported(tmp_path, since="2026-03-01", until="2026-03-02")

    assert [(row["debit"], row["credit"]) for row in rows] == [(shown, ""), ("", shown)]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_begins_a_formula(provider, tmp_path, start):
    code = f'{start}HYPERLINK("x")'
    at = datetime(2026, 3, 1, tzinfo=UTC)
    booked(journey(provider), ("cash", "", 5), ("operator", code, -5), at=at)

    rows = exported(tmp_path, since="2026-03-01", until="2026-03-02")

    assert rows[1]["operator"] == f"'{code}"
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_quotes_and_separators_inside_a_cell_do_not_break_the_table(provider, tmp_path):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    booked(journey(provider), ("cash", "", 5), ("operator", 'a"b,c;\nd', -5), at=at)

    rows = exported(tmp_path, since="2026-03-01", until="2026-03-02")

    assert [row["operator"] for row in rows] == ["", 'a"b,c;\nd']


def test_demo_and_live_money_are_never_in_one_file(provider, settings, tmp_path):
    journey(provider)
    settings.PAYMENTS_DEMO = True
    succeeded()

    assert {row["money"] for row in exported(tmp_path, "--live")} == {"live"}
    assert {row["money"] for row in exported(tmp_path, "--demo")} == {"demo"}
    assert {row["money"] for row in exported(tmp_path)} == {"demo"}
    settings.PAYMENTS_DEMO = False
    assert {row["money"] for row in exported(tmp_path)} == {"live"}
    with pytest.raises(CommandError, match="not allowed with"):
        call_command(
            "export_ledger", "--live", "--demo", "--output", str(tmp_path / "x"),
            "--since", "2026-01-01", "--until", "2026-01-02",
        )  # fmt: skip


def test_more_rows_than_a_chunk_come_all_and_in_order(provider, tmp_path):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    payment = journey(provider)
    rows = [
        LedgerTransaction(
            key=f"test:{number}", kind="captured", booking=payment.booking, payment=payment,
            currency="JPY", at=at,
        )
        for number in range(ledger_csv.CHUNK)
    ]  # fmt: skip
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=movement, account=account, amount=sign * number)
        for number, movement in enumerate(LedgerTransaction.objects.bulk_create(rows), start=1)
        for account, sign in (("cash", 1), ("customer", -1))
    )

    found = exported(tmp_path, since="2026-03-01", until="2026-03-02")

    numbers = [str(number) for number in range(1, ledger_csv.CHUNK + 1)]
    assert [row["debit"] for row in found if row["debit"]] == numbers
    assert [row["credit"] for row in found if row["credit"]] == numbers


def test_an_empty_period_has_a_header_only(tmp_path):
    assert exported(tmp_path, since="2020-01-01", until="2020-01-02") == []


def test_a_wrong_period_or_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match="--until must be after --since"):
        exported(tmp_path, since="2026-03-02", until="2026-03-02")
    with pytest.raises(CommandError, match="is not a file"):
        exported(tmp_path, output=".")
    with pytest.raises(CommandError, match="cannot be written"):
        exported(tmp_path, output="no/ledger.csv")
    assert list(tmp_path.iterdir()) == []


def test_balances_of_all_accounts_and_of_one_operator(provider, capsys):
    sent(journey(provider), 100)

    call_command("ledger_balance")
    every = [line.split() for line in capsys.readouterr().out.splitlines()]
    call_command("ledger_balance", "--operator", "RED")
    one = [line.split() for line in capsys.readouterr().out.splitlines()]
    call_command("ledger_balance", "--demo")

    assert every == [
        ["cash", "USD", "24.01", "debit"],
        ["customer", "USD", "0.00"],
        ["operator", "BLUE", "USD", "9.60", "credit"],
        ["operator", "RED", "USD", "14.41", "credit"],
    ]
    assert one == [["operator", "RED", "USD", "14.41", "credit"]]
    assert capsys.readouterr().out == "The ledger has no entries.\n"


def test_staff_find_entries_by_booking_operator_and_account(provider, bob):
    payment = journey(provider)
    other = journey(provider)

    page = bob.get(LIST, {"q": payment.booking.reference, "operator": "RED"}).content.decode()

    assert page.count('class="field-booking') == 1
    assert "USD 15.01" in page
    assert other.booking.reference not in page
    page = bob.get(LIST, {"account__exact": "cash"}).content.decode()
    assert page.count('class="field-booking') == 2


def test_the_list_shows_one_money_at_a_time(provider, bob, settings):
    live = journey(provider)
    settings.PAYMENTS_DEMO = True
    demo = succeeded()

    assert live.booking.reference not in bob.get(LIST).content.decode()
    assert demo.booking.reference in bob.get(LIST).content.decode()
    page = bob.get(LIST, {"money": "live"}).content.decode()
    assert live.booking.reference in page
    assert demo.booking.reference not in page


def test_an_entry_shows_its_whole_transaction_and_nothing_to_edit(provider, bob):
    payment = journey(provider)
    entry = LedgerEntry.objects.get(operator="RED")
    address = reverse("admin:payments_ledgerentry_change", args=[entry.pk])

    page = bob.get(address).content.decode()

    assert "operator BLUE USD 10.00 credit" in page
    assert "operator RED USD 15.01 credit" in page
    assert f"sold:{payment.public_id}" in page
    assert 'name="_save"' not in page
    assert bob.post(address, {"amount": 1}).status_code == 403
    assert bob.get(reverse("admin:payments_ledgerentry_add")).status_code == 403


def test_balances_by_operator_and_month(provider, bob):
    payment = journey(provider)
    at = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    booked(payment, ("customer", "", 300), ("operator", "RED", -300), at=at, kind="sold")
    booked(payment, ("customer", "", -50), ("operator", "RED", 50), at=at, kind="owed")

    page = " ".join(bob.get(BALANCES).content.decode().split())

    assert (
        "<tr> <td>2026-03</td> <td>RED</td> "
        "<td>USD 3.00</td><td>USD 0.50</td><td>USD 2.50</td> </tr>"
    ) in page
    meaning = "owed to operators for sold bookings"
    row = f"<tr><td>operator</td><td>{meaning}</td><td>RED</td><td>USD 17.51 credit</td></tr>"
    assert row in page
    assert "No entries." in bob.get(BALANCES, {"money": "demo"}).content.decode()


def test_staff_download_a_period(provider, bob):
    journey(provider)

    answer = bob.get(EXPORT, {**PERIOD, "operator": "RED", "money": "live"})

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="ledger-live-{PERIOD["since"]}-{PERIOD["until"]}.csv"'
    )
    assert short(read(answer.getvalue())) == [("sold", "operator", "RED", "", "15.01")]


def test_the_form_says_what_is_wrong_with_a_period(bob):
    assert bob.get(EXPORT).status_code == 200

    page = bob.get(EXPORT, {"since": "2026-03-02", "until": "2026-03-02", "money": "live"})

    assert "The end must be after the first day." in page.content.decode()
    assert Operator.objects.count() == 0


def test_pages_are_for_staff_who_may_see_the_ledger(client):
    client.force_login(User.objects.create_user("eve", is_staff=True))

    for address in (LIST, BALANCES, EXPORT):
        assert client.get(address).status_code == 403
