"""The changes of a day's sailings, each through the product's own doors, and what they change.

In one block of 40 there are 28 bookings, two cancellations, seven shares for a group (bulk updates of
pools), a ship saved in the admin, and by turns a timetable import or an action of the admin, a fare or
another ship saved in the admin.
"""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse

from bookings.models import Booking
from bookings.operations.cancel import cancel_in_full
from bookings.tests.makers import held, people
from ferries.gtfs.reader import read_feed
from ferries.models import FareRule, OperatorStop, Tariff
from ferries.operations.allot import allot
from ferries.operations.import_timetable import TimetableImport, import_timetable
from ferries.tests import makers
from ferries.tests.feeds import FILES, feed_zip, one_hop_trips
from ferries.tests.test_admin import form_of
from maritime.lib import clock
from tests.cache.history import History

BLOCK = 40
PLACES = 50_000
STOPPED_BY_TURNS = 5
FEED_ZONE_DAYS = "20300601,20300731"


class Day:
    """A day between AAA and BBB: what sails, and everything that happens to it."""

    def __init__(self, staff: Client, folder: Path) -> None:
        self.staff, self.folder = staff, folder
        self.booked, self.shared = (makers.sailing(persons=PLACES) for _ in range(2))
        self.stopped = [makers.sailing() for _ in range(STOPPED_BY_TURNS)]
        self.date = makers.local_date(self.booked)
        self.query = urlencode({"origin": "AAA", "destination": "BBB", "date": self.date})
        self.green = makers.operator("GREEN")
        for stop, port in (("A", "AAA"), ("B", "BBB")):
            OperatorStop.objects.create(operator=self.green, stop_id=stop, port=makers.port(port))
        self.residents = makers.group(self.booked.operator)
        self.cancellable: deque[Booking] = deque()
        self.imports = self.actions = self.shares = self.names = 0
        self.ship = self.booked.configuration.vessel
        self._learn_the_pages()
        self._import()
        self.history = History(
            booked=PLACES,
            shared=PLACES,
            price=1000,
            vessel=self.ship.name,
            departs=self.departs,
            **{f"stopped {run.public_id}": False for run in self.stopped},
        )

    def change(self, number: int) -> None:
        """Make the change of that number and note what is true since its commit."""
        block, place = divmod(number, BLOCK)
        if place < 28:
            self._book(cancellable=place < 2)
        elif place < 30:
            self._cancel()
        elif place < 37:
            self._share()
        elif place == 37:
            self._reschedule() if block % 2 else self._stop_or_resume()
        elif place == 38 and block % 2:
            self._save_fare()
        else:
            self._rename_ship()

    def facts_of(self, found: dict) -> dict:
        """Return what an answer of the search API says of the facts of the history."""
        offers = {offer["sailing"]: offer for offer in found["outbound"]["offers"]}
        (green,) = (offer for offer in offers.values() if offer["operator"] == "GREEN")
        booked, shared = (offers[str(run.public_id)] for run in (self.booked, self.shared))
        facts = {
            "booked": booked["left"]["persons"],
            "shared": shared["left"]["persons"],
            "price": booked["price"]["amount"],
            "vessel": booked["vessel"],
            "departs": green["departure_local"][11:16],
        }
        for run in self.stopped:
            codes = {refusal["code"] for refusal in offers[str(run.public_id)]["refusals"]}
            facts[f"stopped {run.public_id}"] = "sale_stopped" in codes
        return facts

    def _note(self, name: str, value: object, act: Callable[[], object]) -> None:
        committed = []
        # The only place that knows the moment of a commit, whoever makes it. What is no transaction
        # is committed when it is done.
        commit = connection._commit

        def commit_and_note() -> None:
            commit()
            committed.append(time.monotonic())

        connection._commit = commit_and_note
        try:
            act()
        finally:
            connection._commit = commit
        self.history.note(name, value, committed[-1] if committed else time.monotonic())

    def _book(self, *, cancellable: bool) -> None:
        left = self.history.now("booked")
        persons = 1 if cancellable else 3

        def book() -> None:
            booking = held(self.booked, now=clock.now(), travellers=people(persons))
            if cancellable:
                self.cancellable.append(booking)

        self._note("booked", left - persons, book)

    def _cancel(self) -> None:
        booking = self.cancellable.popleft()
        reason = {"actor": "staff", "reason": "weather", "now": clock.now()}
        self._note(
            "booked",
            self.history.now("booked") + 1,
            lambda: cancel_in_full(booking.pk, **reason),
        )

    def _share(self) -> None:
        self.shares += 1
        wish = {
            "group": self.residents,
            "resource": "persons",
            "amount": self.shares,
            "release_at": self.shared.departs_at,
            "now": clock.now(),
        }
        self._note("shared", PLACES - self.shares, lambda: allot(self.shared, **wish))

    def _learn_the_pages(self) -> None:
        self.ship_page = reverse("admin:ferries_vessel_change", args=[self.ship.pk])
        self.ship_form = form_of(self.staff.get(self.ship_page))
        fare = FareRule.objects.get(code="adult")
        self.fare_page = reverse("admin:ferries_tariff_change", args=[fare.tariff_id])
        assert Tariff.objects.count() == 1
        self.fare_form = form_of(self.staff.get(self.fare_page))
        (row,) = (
            name.rpartition("-")[0]
            for name, value in self.fare_form.items()
            if name.endswith("-code") and value == "adult"
        )
        self.fare_field = f"{row}-amount"

    def _save_fare(self) -> None:
        price = self.history.now("price") + 1
        values = {**self.fare_form, self.fare_field: str(price)}
        self._note("price", price, lambda: self._post(self.fare_page, values))

    def _rename_ship(self) -> None:
        self.names += 1
        name = f"Ship of name {self.names}"
        values = {**self.ship_form, "name": name}
        self._note("vessel", name, lambda: self._post(self.ship_page, values))

    def _post(self, page: str, values: dict[str, object]) -> None:
        assert self.staff.post(page, values).status_code == 302

    def _stop_or_resume(self) -> None:
        turn, place = divmod(self.actions, STOPPED_BY_TURNS)
        run, stop = self.stopped[place], turn % 2 == 0
        self.actions += 1
        values = {"action": "stop_sale" if stop else "resume_sale", "_selected_action": run.pk}
        page = reverse("admin:ferries_sailing_changelist")
        self._note(f"stopped {run.public_id}", stop, lambda: self._post(page, values))

    @property
    def departs(self) -> str:
        """Return the departure that the last import brought, as the clock of the port shows it."""
        return f"{6 + self.imports // 60:02}:{self.imports % 60:02}"

    def _reschedule(self) -> None:
        self.imports += 1
        self._note("departs", self.departs, self._import)

    def _import(self) -> None:
        day = self.date.replace("-", "")
        files = {
            "calendar.txt": FILES["calendar.txt"].replace(FEED_ZONE_DAYS, f"{day},{day}"),
            **one_hop_trips(("T1", "A", f"{self.departs}:00", "B", "12:00:00")),
        }
        feed = read_feed(feed_zip(self.folder, files))
        import_timetable(TimetableImport(feed, self.green), now=clock.now())
