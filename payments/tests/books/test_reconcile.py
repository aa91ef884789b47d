"""Our books against the provider's: every kind of difference is found, told and mended."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bookings.models import Booking
from bookings.tests.makers import held
from maritime.lib import clock
from maritime.ops.models import Job, StaffTask
from payments.errors import ProviderUnavailable
from payments.models import Dispute, LedgerEntry, LedgerTransaction, Payment, Refund, Voucher
from payments.operations.reconcile import queue_fixes, reconcile
from payments.operations.start import start_payment
from payments.operations.vouchers import issue_voucher
from payments.tasks import reconcile_daily, report_differences
from payments.tests.back.worlds import asked, disputed, paid, sent
from payments.tests.provider.events import new_id

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def payment(provider):
    return paid(provider)


def found(*, since=None):
    return reconcile(since=since or clock.now() - DAY)


def kinds(**period):
    return [str(finding.kind) for finding in found(**period)]


def mend(run_jobs):
    """Queue the fixes, run them, and return what differs still."""
    queue_fixes(found(), now=clock.now())
    run_jobs()
    return kinds()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def open_payment():
    return start_payment(held(now=clock.now()).pk, now=clock.now()).payment


def others(provider, count, **metadata):
    """Let another program of the same account take money."""
    for _ in range(count):
        intent = provider.books.create_intent(
            {"amount": 700, "currency": "usd", "metadata": metadata}
        )
        provider.controls.pay(intent["id"])
        provider.controls.dashboard_refund(intent["id"], 100)
        provider.controls.dispute(intent["id"], amount=200)


def test_books_that_agree_have_no_difference(provider, payment):
    sent(payment, 100)
    asked(payment, 50, key="on its way")
    disputed(provider, paid(provider))
    open_payment()
    issue_voucher(paid(provider).booking, amount=400, reason="storm", now=clock.now())

    assert kinds() == []


def test_money_of_other_programs_and_environments_is_not_ours(provider, payment):
    others(provider, 2, app="shop")
    others(provider, 1, app="maritime", environment="https://test.example", booking="X")
    others(provider, 1)

    assert kinds() == []


def test_a_payment_whose_news_was_lost(provider, run_jobs):
    payment = open_payment()
    provider.controls.pay(payment.intent_id)

    (finding,) = found()

    assert str(finding) == (
        f"{payment.booking.reference}: The payment is open here, the provider says succeeded. "
        "(ours USD 0.00, theirs USD 10.00) [payment_state]"
    )
    assert mend(run_jobs) == []
    assert fresh(payment).state == "succeeded"


def test_a_payment_that_was_closed_there(provider, run_jobs):
    payment = open_payment()
    provider.books.cancel_intent(payment.intent_id, {})

    assert kinds() == ["payment_state"]
    assert mend(run_jobs) == []
    assert fresh(payment).state == "canceled"


def test_a_payment_whose_intent_was_never_stored(provider, run_jobs):
    payment = open_payment()
    provider.controls.pay(payment.intent_id)
    Payment.objects.update(intent_id=None)

    (finding,) = found()

    assert (finding.kind, finding.reference, finding.ours, finding.theirs) == (
        "payment_unknown", payment.booking.reference, 0, 1000,
    )  # fmt: skip
    assert mend(run_jobs) == []
    assert fresh(payment).state == "succeeded"


def test_a_payment_of_ours_that_nobody_here_knows(provider, settings, run_jobs):
    others(provider, 1, app="maritime", environment=settings.BASE_URL, booking="ABCDEF")

    (finding,) = found()

    assert (finding.kind, finding.reference, finding.theirs) == ("payment_unknown", "ABCDEF", 700)
    assert mend(run_jobs) == ["payment_unknown"]


def test_a_payment_that_the_provider_does_not_know(provider, payment):
    provider.books.intents.clear()

    (finding,) = found()

    assert (finding.kind, finding.ours, finding.theirs) == ("payment_missing", 1000, 0)
    assert finding.payment_id == payment.pk


def test_an_open_payment_that_the_provider_does_not_know_is_closed(provider, run_jobs):
    payment = open_payment()
    provider.books.intents.clear()

    assert kinds() == ["payment_missing"]
    mend(run_jobs)
    assert fresh(payment).state == "canceled"


def test_another_amount_and_another_currency(provider, payment):
    provider.books.intents[payment.intent_id].update(amount_received=999, currency="eur")

    findings = found()

    assert [(each.kind, each.ours, each.theirs) for each in findings] == [
        ("payment_amount", 1000, 999), ("payment_currency", 1000, 999), ("ledger_cash", 1000, 999),
    ]  # fmt: skip
    assert findings[1].text == "The currency is USD here, EUR at the provider."


def test_a_refund_of_the_dashboard_is_adopted(provider, payment, run_jobs):
    provider.controls.dashboard_refund(payment.intent_id, 300)

    findings = found()

    assert [(each.kind, each.ours, each.theirs) for each in findings] == [
        ("refund_unknown", 0, 300), ("ledger_cash", 1000, 700),
    ]  # fmt: skip
    assert mend(run_jobs) == []
    assert (Refund.objects.get().amount, fresh(payment).refunded) == (300, 300)


def test_a_refund_of_the_dashboard_that_failed_is_no_difference(provider, payment):
    name = provider.controls.dashboard_refund(payment.intent_id, 300, status="pending")
    provider.controls.end_refund(name, "failed")

    assert kinds() == []


def test_a_refund_that_failed_at_the_bank(provider, payment, run_jobs):
    refund = sent(payment, 300)
    provider.controls.end_refund(refund.refund_id, "failed")

    assert kinds() == ["refund_state", "ledger_cash"]
    assert mend(run_jobs) == []
    assert fresh(refund).state == "failed"


def test_a_refund_whose_answer_was_lost_is_found_by_its_mark(provider, payment, run_jobs):
    refund = asked(payment, 300)
    provider.faults.add("create_refund", "lost", times=2)
    Job.objects.all().delete()
    with pytest.raises(ProviderUnavailable):
        sent(payment, 300)
    assert fresh(refund).state == "unknown"

    assert kinds() == ["refund_state", "ledger_cash"]
    assert mend(run_jobs) == []
    assert fresh(refund).state == "succeeded"


def test_a_refund_with_another_sum(provider, payment):
    refund = sent(payment, 300)
    provider.books.refunds[refund.refund_id]["amount"] = 200

    assert [(each.kind, each.ours, each.theirs) for each in found()] == [
        ("refund_amount", 300, 200), ("ledger_cash", 700, 800),
    ]  # fmt: skip


def test_a_refund_that_the_provider_does_not_know(provider, payment):
    sent(payment, 300)
    provider.books.refunds.clear()

    assert kinds() == ["refund_missing", "ledger_cash"]


def test_a_dispute_whose_news_was_lost(provider, payment, run_jobs):
    dispute_id = provider.controls.dispute(payment.intent_id)

    findings = found()

    assert [(each.kind, each.ours, each.theirs) for each in findings] == [
        ("dispute_unknown", 0, 1000), ("ledger_cash", 1000, 0),
    ]  # fmt: skip
    assert findings[0].provider_id == dispute_id
    assert mend(run_jobs) == []
    assert Dispute.objects.get().withdrawn == 1000


def test_a_dispute_that_was_decided_meanwhile(provider, payment, run_jobs):
    dispute_id = disputed(provider, payment)
    provider.controls.end_dispute(dispute_id, "won")

    assert kinds() == ["dispute_state", "ledger_cash"]
    assert mend(run_jobs) == []
    assert Dispute.objects.get().state == "won"


def test_a_dispute_with_another_sum(provider, payment, run_jobs):
    dispute_id = disputed(provider, payment)
    provider.books.disputes[dispute_id]["balance_transactions"].clear()

    assert [(each.kind, each.ours, each.theirs) for each in found()] == [
        ("dispute_amount", 1000, 0), ("ledger_cash", 0, 1000),
    ]  # fmt: skip
    assert mend(run_jobs) == []


def test_a_dispute_that_the_provider_does_not_know(provider, payment):
    disputed(provider, payment)
    provider.books.disputes.clear()

    assert kinds() == ["dispute_missing", "ledger_cash"]


def test_all_pages_of_all_lists_are_read(provider, run_jobs):
    lost = []
    for _ in range(2):
        payment, disputed_one = paid(provider), paid(provider)
        provider.controls.dashboard_refund(payment.intent_id, 300)
        provider.controls.dispute(disputed_one.intent_id)
        late = open_payment()
        provider.controls.pay(late.intent_id)
        lost.append(late)
        others(provider, 130, app="shop")

    assert sorted(kinds()) == sorted(
        2 * ["payment_state", "refund_unknown", "dispute_unknown", "ledger_cash", "ledger_cash"]
    )
    assert mend(run_jobs) == []
    assert {fresh(late).state for late in lost} == {"succeeded"}


def test_older_payments_are_compared_when_something_new_happened_to_them(provider, payment):
    provider.age(10 * 86400)
    Payment.objects.update(created_at=clock.now() - 10 * DAY)
    provider.controls.dashboard_refund(payment.intent_id, 300)

    assert kinds() == ["refund_unknown", "ledger_cash"]


def test_what_is_older_than_the_period_is_left_out(provider, payment):
    provider.controls.dashboard_refund(payment.intent_id, 300)
    provider.age(10 * 86400)
    Payment.objects.update(created_at=clock.now() - 10 * DAY)

    assert kinds() == []
    assert kinds(since=clock.now() - 11 * DAY) == ["refund_unknown", "ledger_cash"]


def test_payments_of_another_gateway_are_not_asked_for(provider, payment):
    Payment.objects.update(gateway="demo", intent_id="pi_demo_1")

    # Stripe's side is asked for as ever, and what it has is not here any more.
    assert kinds() == ["payment_unknown"]


def test_without_a_provider_our_own_books_are_compared(provider, payment, settings):
    settings.STRIPE_SECRET_KEY = ""
    Payment.objects.update(refunded=5)

    assert kinds() == ["payment_sum"]


def forge(payment, **accounts):
    """Write a transaction of which no row knows."""
    movement = LedgerTransaction.objects.create(
        key="forged", kind="captured", booking=payment.booking, payment=payment,
        currency=payment.currency, at=clock.now(),
    )  # fmt: skip
    for account, amount in accounts.items():
        LedgerEntry.objects.create(transaction=movement, account=account, amount=amount)


def test_a_ledger_with_more_than_its_rows(provider, payment):
    forge(payment, cash=7, customer=-7)

    findings = found()

    assert [(each.kind, each.ours, each.theirs) for each in findings] == [
        ("ledger_cash", 1007, 1000), ("ledger_account", 1007, 1000), ("ledger_account", -7, 0),
    ]  # fmt: skip
    assert findings[1].text == "Account cash of the payment is not what its rows say."


def test_a_payment_without_books(provider, payment):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE payments_ledgerentry, payments_ledgertransaction")

    assert kinds() == ["ledger_cash", "ledger_account", "ledger_account"]


def test_sums_that_are_not_those_of_the_rows(provider, payment):
    sent(payment, 100)
    Payment.objects.update(refunded=99)
    Booking.objects.update(paid=998, refunded=97)

    assert [(each.kind, each.ours, each.theirs) for each in found()] == [
        ("payment_sum", 99, 100), ("booking_sum", 998, 1000), ("booking_sum", 97, 100),
    ]  # fmt: skip


def test_vouchers_that_are_worth_something_else(provider, payment):
    issue_voucher(payment.booking, amount=400, reason="storm", now=clock.now())
    Voucher.objects.update(used=1)

    (finding,) = found()

    assert str(finding) == (
        "-: All live vouchers are not worth what the ledger says. "
        "(ours USD 4.00, theirs USD 3.99) [voucher_sum]"
    )


def test_the_command_reports_fixes_and_tells_by_its_exit_code(provider, run_jobs, capsys):
    payment = open_payment()
    provider.controls.pay(payment.intent_id)
    today = f"--since={clock.now().date()}"

    with pytest.raises(CommandError, match="1 differences found"):
        call_command("reconcile_payments", today)
    assert payment.booking.reference in capsys.readouterr().err
    assert not Job.objects.filter(task="payments.verify_payment_status").exists()
    with pytest.raises(CommandError, match="1 differences found"):
        call_command("reconcile_payments", today, "--fix")
    assert "Jobs that look at what differs: 1." in capsys.readouterr().out
    run_jobs()

    call_command("reconcile_payments", today)

    assert "agree" in capsys.readouterr().out


def test_the_command_says_that_the_provider_is_away(provider, payment):
    provider.faults.add("list_refunds", "503", times=2)

    with pytest.raises(CommandError, match="does not answer"):
        call_command("reconcile_payments", f"--since={clock.now().date()}")


def test_every_night_what_can_be_mended_is_and_staff_hear_of_the_rest(provider, run_jobs):
    lost = open_payment()
    provider.controls.pay(lost.intent_id)
    gone = sent(paid(provider), 300)
    del provider.books.refunds[gone.refund_id]

    assert reconcile_daily() == 3
    run_jobs()
    assert report_differences() == 2

    assert fresh(lost).state == "succeeded"
    task = StaffTask.objects.get(kind="reconcile")
    assert task.title == "Our books and the provider's differ in 2 places"
    assert f"{gone.payment.booking.reference}: The provider does not know a refund" in task.detail
    assert task.closed_at is None


def test_the_task_of_staff_is_closed_when_the_books_agree_again(provider, payment):
    Payment.objects.update(refunded=5)
    assert report_differences() == 1
    Payment.objects.update(refunded=0)

    assert report_differences() == 0

    assert StaffTask.objects.get(kind="reconcile").closed_by == "system"


def test_staff_hear_when_the_books_could_not_be_compared(provider, payment):
    provider.faults.add("list_refunds", "503", times=2)

    with pytest.raises(ProviderUnavailable):
        report_differences()

    assert "did not answer" in StaffTask.objects.get(kind="reconcile").title


def test_a_strange_name_at_the_provider_does_no_harm(provider, settings):
    metadata = {"app": "maritime", "environment": settings.BASE_URL, "payment": new_id("x")}
    others(provider, 1, **metadata)

    findings = found()

    assert [finding.reference for finding in findings] == [""]
    assert queue_fixes(findings, now=clock.now()) == 0
