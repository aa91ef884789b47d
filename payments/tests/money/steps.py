"""The phrases of the scenario table and what each does, through public doors.

A phrase is the name of a method with its underscores as blanks; words behind it are its arguments:
"wait 16" calls `wait("16")`.
"""

import json
from typing import Any

from django.test import Client

from bookings.models import Booking, JourneyLeg
from bookings.operations.cancel import cancel_in_full
from bookings.operations.hold import hold_booking
from bookings.tests.makers import people, request
from ferries.errors import NotBookable
from ferries.models import CapacityClaim
from ferries.tests import makers
from maritime.lib import clock
from payments.models import Payment, Refund
from payments.operations import approve
from payments.tests.money import snapshots
from payments.tests.money.clockwork import at_once, pass_time
from payments.tests.money.play import Play, answered
from payments.tests.provider.controls import Impossible

# One call of the SDK tries so often when it gets no answer or a 409 or 5xx.
TRIES = 2


class Story(Play):
    """One booking on a ship with two places, its customer, the provider, staff and the workers."""

    # -- the customer and us

    def hold(self, price: str = "1000") -> None:
        """A traveller holds one of the two places of a ship, for 10.00 or another price."""
        ports = makers.port("AAA"), makers.port("BBB")
        path = makers.route(makers.operator(), *ports)
        if not path.tariffs.exists():
            makers.tariff(path, adult=int(price))
        self.sailing = makers.sailing(*ports, persons=2)
        self.booking = hold_booking(request(self.sailing), now=clock.now())

    def buy(self, price: str = "1000") -> None:
        """A traveller books, pays by card and gets tickets."""
        if not snapshots.load(self, price):
            self.hold(price)
            self.start()
            self.pay()
            self.deliver()
            assert Booking.objects.get(pk=self._booking().pk).state == "confirmed"
            snapshots.save(self, price)

    def start(self, status: str = "") -> None:
        """The pay page asks for its PaymentIntent; a number is the refusal that it gets."""
        answer = self._post("payment")
        if status:
            answered(answer, int(status))
            return
        intent = answered(answer, 200, 201).json()["payment_intent"]
        if intent and intent not in self.intents:
            self.intents.append(intent)

    def two_tabs_start(self) -> None:
        """Two tabs of the pay page ask at the same moment."""
        answers: list[Any] = at_once(*[lambda: self._post("payment")] * 2)
        found = {answer.json().get("payment_intent") for answer in answers}
        self.intents += sorted(found - {None})

    def pay(self, which: str = "-1") -> None:
        """The customer pays the newest intent, or the one of that number."""
        self.provider.controls.pay(self._intent(which))

    def pays_in_vain(self, which: str = "-1") -> None:
        """The customer tries to pay, and the provider's page says that the intent is closed."""
        try:
            self.pay(which)
        except Impossible:
            return
        raise AssertionError("was paid")

    def pay_wrong_amount(self, amount: str) -> None:
        """The provider collects another sum than the intent's."""
        self.provider.controls.pay(self._intent(), amount=int(amount))

    def pay_wrong_currency(self, currency: str) -> None:
        """The provider collects another currency."""
        self.provider.controls.pay(self._intent(), currency=currency)

    def decline(self) -> None:
        """The bank declines the card."""
        self.provider.controls.decline(self._intent())

    def ask_3ds(self) -> None:
        """The bank asks the customer to prove himself."""
        self.provider.controls.ask_3ds(self._intent())

    def pay_by_bank(self) -> None:
        """The customer pays by a bank that needs days."""
        self.provider.controls.process(self._intent())

    def bank_says_yes(self) -> None:
        """The slow bank pays."""
        self.provider.controls.finish(self._intent(), ok=True)

    def bank_says_no(self) -> None:
        """The slow bank does not pay."""
        self.provider.controls.finish(self._intent(), ok=False)

    def returns(self) -> None:
        """The customer comes back to our return page."""
        path = f"/pay/{self._token()}/return/"
        for answer in self._perhaps_twice(lambda: Client().get(path)):
            answered(answer, 200, 302)

    def cancel(self) -> None:
        """The customer cancels on the terms of a quote."""
        sums = answered(self._post("cancellation-quote", {}), 200).json()
        agreed = {f"expected_{name}": sums[name] for name in ("refund", "charge")}
        answered(self._post("cancel", {"token": sums["token"], **agreed}), 200)

    def add_traveller(self) -> None:
        """The customer adds a traveller to the confirmed booking, which costs 1000 more."""
        name = {"given_name": "Adult 0", "surname": "Doe"}
        party = [
            {"item": "p0", "category": "adult", **name},
            {"category": "adult", "given_name": "New", "surname": "Doe"},
        ]
        quote = answered(self._post("amendment-quotes", {"passengers": party}), 200).json()
        agreed = {key: quote[key] for key in ("token", "due", "refund")}
        assert agreed["due"] == 1000, quote
        answered(self._post("amendments", agreed), 202)

    def withdraw_change(self) -> None:
        """The customer takes the change back."""
        answered(self._send("delete", "amendments"), 204)

    def spend_voucher(self, amount: str = "1000", status: str = "201") -> None:
        """The customer pays with a voucher of that value."""
        voucher = self._voucher(int(amount))
        answer = self._post("voucher", {"code": voucher.code})
        answered(answer, int(status))

    def rival_takes_rest(self) -> None:
        """Other travellers take every place that is left on the ship."""
        for party in (2, 1):
            wanted = request(self._sailing(), travellers=people(party), surname="Rival")
            try:
                rival = hold_booking(wanted, now=clock.now())
            except NotBookable:
                continue
            claims = CapacityClaim.objects.filter(holder=rival.public_id)
            claims.update(state="confirmed", expires_at=None)
            rival.delete()
            return
        raise Impossible("nothing was left")

    def operator_refuses(self) -> None:
        """The operator takes the crossing out of his system before he is asked to confirm."""
        JourneyLeg.objects.filter(booking=self._booking()).update(operator_state="cancelled")

    # -- staff

    def staff_cancel(self) -> None:
        """Staff cancel in full, since the ferry company does not sail."""
        cancel_in_full(self._booking().pk, actor="staff:1", reason="storm", now=clock.now())

    def refund(self, amount: str, status: str = "201") -> None:
        """Staff give money back over the API."""
        body = {"amount": int(amount), "reason": "goodwill"}
        answer = self._staff().post(
            f"/api/v1/admin/bookings/{self._booking().reference}/refund",
            json.dumps(body),
            content_type="application/json",
        )
        answered(answer, int(status))

    def approve(self) -> None:
        """Another member of staff approves what waits for it."""
        for refund in Refund.objects.filter(waits_for="approval"):
            approve.approve_refund(refund.pk, by="staff:2")

    def decline_approval(self) -> None:
        """Another member of staff says no to what waits for approval."""
        for refund in Refund.objects.filter(waits_for="approval"):
            approve.decline_refund(refund.pk, by="staff:2")

    def send_again(self) -> None:
        """Staff send refunds that failed once more."""
        for refund in Refund.objects.filter(state__in=["failed", "canceled"]):
            approve.send_again(refund.pk, by="staff:1")

    def dashboard_refund(self, amount: str, status: str = "succeeded") -> None:
        """Staff give money back in the provider's dashboard."""
        self.provider.controls.dashboard_refund(self._intent(), int(amount), status=status)

    # -- banks

    def refunds_are_slow(self) -> None:
        """From now on refunds begin as pending."""
        self.provider.books.refund_status = "pending"

    def bank_pays_refund(self) -> None:
        """The newest refund arrives."""
        self.provider.controls.end_refund(self._newest_refund(), "succeeded")

    def bank_returns_refund(self) -> None:
        """The newest refund comes back."""
        self.provider.controls.end_refund(self._newest_refund(), "failed")

    def bank_cancels_refund(self) -> None:
        """The newest refund is canceled before it is made."""
        self.provider.controls.end_refund(self._newest_refund(), "canceled")

    def dispute(self, amount: str = "1000") -> None:
        """The cardholder's bank takes the money back for now."""
        self.provider.controls.dispute(self._intent(), amount=int(amount))

    def inquiry(self) -> None:
        """The cardholder's bank asks, and takes nothing."""
        self.provider.controls.dispute(self._intent(), inquiry=True)

    def dispute_escalates(self) -> None:
        """The inquiry becomes a dispute."""
        self.provider.controls.escalate(self._newest_dispute())

    def dispute_is_reviewed(self) -> None:
        """The bank looks at our evidence."""
        self.provider.controls.review(self._newest_dispute())

    def dispute_won(self) -> None:
        """The bank gives the money back to us."""
        self.provider.controls.end_dispute(self._newest_dispute(), "won")

    def dispute_lost(self) -> None:
        """The bank keeps the money."""
        self.provider.controls.end_dispute(self._newest_dispute(), "lost")

    def inquiry_closed(self) -> None:
        """The bank asks no more."""
        self.provider.controls.end_dispute(self._newest_dispute(), "warning_closed")

    # -- events

    def subscribe_to_everything(self) -> None:
        """The endpoint gets events of all kinds, wanted or not."""
        self.provider.books.events.subscribed = None

    def deliver(self) -> None:
        """The provider posts its new events, then workers run what is due."""
        self.post()
        self.work()

    def post(self) -> None:
        """The provider posts its new events; no worker runs."""
        self.post_all(self.provider.books.events.take())

    def drop(self) -> None:
        """The provider's new events never arrive."""
        self.provider.books.events.take()

    def echo(self) -> None:
        """Everything but news of declined cards is told again by events of other ids."""
        news = [
            event
            for event in self.provider.books.events.all
            if event.type != "payment_intent.payment_failed"
        ]
        self.post_all([event.again() for event in news])
        self.work()

    def repeat(self) -> None:
        """The provider posts every event of the story once more."""
        self.post_all(list(self.provider.books.events.all))
        self.work()

    def live_event(self) -> None:
        """An event of the other mode comes."""
        newest = self.provider.books.events.all[-1]
        self.post_all([newest.again(livemode=True)])

    def foreign_payment(self) -> None:
        """A customer of another application of the same account pays."""
        books = self.provider.books
        intent = books.create_intent(
            {"amount": "700", "currency": "usd", "metadata": {"app": "shop"}}
        )
        self.provider.controls.pay(intent["id"])

    def orphan_payment(self) -> None:
        """The provider has a paid intent of ours that our books never knew."""
        metadata = {
            "app": "maritime",
            "environment": self._base_url(),
            "booking": self._booking().reference,
            "payment": "00000000-0000-4000-8000-000000000000",
        }
        intent = self.provider.books.create_intent(
            {"amount": "1000", "currency": "usd", "metadata": metadata}
        )
        self.provider.controls.pay(intent["id"])

    def pay_lost_intent(self) -> None:
        """An intent whose answer we never got is paid all the same."""
        for intent_id, intent in self.provider.books.intents.items():
            if intent["status"] == "requires_payment_method":
                self.provider.controls.pay(intent_id)

    def tamper(self) -> None:
        """Somebody writes another payment's name on the intent."""
        self.provider.controls.tamper(self._intent(), payment="another")

    # -- faults, time, workers

    def fault(self, call: str, *words: str) -> None:
        """The next call of this kind goes wrong; the SDK's own second try too."""
        *kind, last = words
        times = int(last) if last.isdigit() and last not in ("429", "409", "503") else 0
        kind = kind if times else [*kind, last]
        name = " ".join(kind)
        self.provider.faults.add(call, name, times=times or (1 if name == "429" else TRIES))

    def all_well(self) -> None:
        """The provider answers as it should again."""
        self.provider.faults.clear()

    def wait(self, minutes: str) -> None:
        """So many minutes pass."""
        pass_time(int(minutes))
        self.provider.age(int(minutes) * 60)

    def sweep(self) -> None:
        """The minute's sweeps run, then workers run what is due."""
        self.workers.sweep()

    def work(self) -> None:
        """Workers run what is due; what fails waits for its next time."""
        self.workers.run_due()

    def retry(self) -> None:
        """Workers run everything, retries too, until each job is done or dead."""
        self.workers.run_all()

    def compare(self) -> None:
        """The daily comparison with the provider runs, and what it queues."""
        self.workers.compare()

    def night(self) -> None:
        """A day passes with all its sweeps."""
        self.wait("1500")
        self.workers.sweep()
        self.workers.run_all()
        self.workers.compare()


def described(payment: Payment) -> str:
    """Return state and sums of a payment as the table writes them."""
    back = f" back {payment.refunded}" if payment.refunded else ""
    lost = f" lost {payment.charged_back}" if payment.charged_back else ""
    sum_ = f" {payment.captured}" if payment.captured else ""
    return f"{payment.state}{sum_}{back}{lost}"
