"""Whole journeys of travellers in a browser, told in what they see on the page.

The tests play them in a small world, `bin/screenshots` in a running demo, whose ports have the same
names. A story asks for nothing but the page: labels, buttons, headings.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Locator, Page, expect

# A phone of 2020, and a desk.
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
CONFIRMED_MS = 60_000
MOST_PAGES = 5


@dataclass
class Stage:
    """A page to play on. `shoot` is called at each step, `settle` when workers have something to do."""

    page: Page
    url: str
    day: date
    day_back: date
    shoot: Callable[[str], None] = lambda _step: None
    settle: Callable[[], None] = lambda: None

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        """Follow the link of that name."""
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, heading: str | re.Pattern[str]) -> None:
        """Wait for a heading."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()


def return_trip_with_car_and_trailer(stage: Stage) -> None:
    """Two adults drive to the island and back with a car and a trailer."""
    page = stage.page
    page.goto(stage.url)
    stage.shoot("start")
    choose_ports(page, "Seattle", "Bainbridge")
    page.get_by_label("Departure").fill(stage.day.isoformat())
    page.get_by_label("Return").fill(stage.day_back.isoformat())
    number(page, "Adults").fill("2")
    page.get_by_label("Car", exact=True).check()
    page.get_by_label("Trailer", exact=True).select_option(index=1)
    stage.shoot("party")
    stage.press("Search sailings")
    choose_sailing(stage, "outbound")
    choose_sailing(stage, "inbound")
    stage.shoot("results")
    stage.press("Continue")
    stage.sees("Who travels?")
    fill_in_names(page, "Alice Moreau", "Bob Moreau")
    page.get_by_label("Registration number").fill("ABC 123")
    stage.shoot("travellers")
    stage.press("Hold these places")
    stage.sees("Check and pay")
    stage.shoot("payment")
    pay(stage)
    stage.shoot("tickets")
    expect(page.get_by_role("img", name="QR code of the ticket")).to_have_count(6)


def on_foot_by_phone(stage: Stage) -> None:
    """One person walks on board, with a phone in the hand."""
    page = stage.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(stage.url)
    stage.shoot("start")
    choose_ports(page, "Seattle", "Bainbridge")
    page.get_by_label("Departure").fill(stage.day.isoformat())
    stage.press("Search sailings")
    choose_sailing(stage, "outbound")
    stage.shoot("results")
    stage.press("Continue")
    fill_in_names(page, "Alice Moreau")
    stage.shoot("travellers")
    stage.press("Hold these places")
    stage.sees("Check and pay")
    stage.shoot("payment")
    pay(stage)
    stage.shoot("tickets")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"the page is {width} px wide"


def cabin_for_a_night(stage: Stage) -> None:
    """Two adults take an outside cabin for the night, and see its price before they hold it."""
    page = stage.page
    page.goto(stage.url)
    choose_ports(page, "Piraeus", "Heraklion")
    page.get_by_label("Departure").fill(stage.day.isoformat())
    number(page, "Adults").fill("2")
    stage.press("Search sailings")
    choose_sailing(stage, "outbound")
    stage.shoot("results")
    stage.press("Continue")
    stage.sees("Who travels?")
    before = total(page)
    number(page, "Reclining seat").fill("0")
    number(page, "Outside cabin with two beds").fill("1")
    number(page, "Outside cabin with two beds").blur()
    show_price(stage)
    expect(page.locator(".total").first).not_to_contain_text(before)
    fill_in_names(page, "Alice Moreau", "Bob Moreau")
    fill_in_list(page, ("1990-05-17", "Female", "Norway"), ("1988-11-02", "Male", "Greece"))
    promised = total(page)
    stage.shoot("cabin")
    stage.press("Hold these places")
    stage.sees("Check and pay")
    expect(page.get_by_role("button", name=f"Pay {promised} now")).to_be_visible()
    pay(stage)
    stage.shoot("tickets")


def one_traveller_stays_at_home(stage: Stage) -> None:
    """Two have booked, one cannot come: the price of that is shown line by line, then it is done."""
    page = stage.page
    book_on_foot(stage, "Alice Moreau", "Bob Moreau")
    pay(stage)
    stage.follow("My booking")
    reference = booked_reference(page)
    page.get_by_label("Booking reference").fill(reference.lower())
    page.get_by_label("Surname").fill("moreau")
    stage.shoot("find")
    stage.press("Find my booking")
    stage.follow("Cancel this booking")
    page.get_by_label("Bob Moreau").check()
    stage.shoot("choose")
    stage.press("See the price of cancelling this part")
    stage.shoot("quote")
    stage.press(re.compile("^Cancel .* back$"))
    stage.sees("Your booking is confirmed")
    stage.settle()
    page.reload()
    expect(page.get_by_role("img", name="QR code of the ticket")).to_have_count(1)
    stage.shoot("done")


def declined_then_paid(stage: Stage) -> None:
    """The bank says no to the first card; the places stay, and the second one pays."""
    page = stage.page
    book_on_foot(stage, "Alice Moreau")
    stage.press("Card declined")
    stage.settle()
    expect(page.get_by_role("alert").or_(page.get_by_role("status")).first).to_be_visible()
    stage.sees("Check and pay")
    stage.shoot("declined")
    pay(stage)
    stage.shoot("paid")


def without_javascript(stage: Stage) -> None:
    """The same pages in a browser that runs no script."""
    page = stage.page
    page.goto(stage.url)
    page.get_by_label("From", exact=True).select_option(label="Seattle")
    options = page.get_by_label("To", exact=True).locator("option").all_inner_texts()
    wanted = next(text for text in options if text.startswith("Bainbridge"))
    page.get_by_label("To", exact=True).select_option(label=wanted)
    page.get_by_label("Departure").fill(stage.day.isoformat())
    stage.press("Search sailings")
    choose_sailing(stage, "outbound")
    stage.shoot("results")
    stage.press("Continue")
    fill_in_names(page, "Alice Moreau")
    stage.press("Hold these places")
    stage.sees("Check and pay")
    stage.shoot("payment")
    pay(stage)
    stage.shoot("tickets")


def by_keyboard(stage: Stage) -> None:
    """Nobody touches a mouse: Tab, letters, arrows, space and Enter, from the address to the tickets."""
    page = stage.page
    page.goto(stage.url)
    for label, port in (("From", "Seattle"), ("To", "Bainbridge")):
        tab_to(page, port_field(page, label))
        page.keyboard.type(port)
        page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Departure"))
    page.keyboard.type(f"{stage.day:%m%d%Y}")
    tab_to(page, page.get_by_role("button", name="Search sailings"))
    page.keyboard.press("Enter")
    tab_to(page, open_sailings(page, "outbound").first)
    page.keyboard.press("Space")
    stage.shoot("results")
    tab_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")
    for label, text in (
        ("Given name", "Alice"),
        ("Surname", "Moreau"),
        ("E-mail", "a@example.com"),
    ):
        tab_to(page, page.get_by_label(label).first)
        page.keyboard.type(text)
    stage.shoot("travellers")
    page.keyboard.press("Enter")
    stage.sees("Check and pay")
    tab_to(page, page.get_by_role("button", name=re.compile("^Pay .* now$")))
    page.keyboard.press("Enter")
    until_confirmed(stage)
    stage.shoot("tickets")


STORIES: dict[str, Callable[[Stage], None]] = {
    story.__name__.replace("_", "-"): story
    for story in (
        return_trip_with_car_and_trailer,
        on_foot_by_phone,
        cabin_for_a_night,
        one_traveller_stays_at_home,
        declined_then_paid,
        without_javascript,
        by_keyboard,
    )
}


# -- what many of them do


def book_on_foot(stage: Stage, *names: str) -> None:
    """Come to the pay page."""
    page = stage.page
    page.goto(stage.url)
    choose_ports(page, "Seattle", "Bainbridge")
    page.get_by_label("Departure").fill(stage.day.isoformat())
    number(page, "Adults").fill(str(len(names)))
    stage.press("Search sailings")
    choose_sailing(stage, "outbound")
    stage.press("Continue")
    fill_in_names(page, *names)
    stage.press("Hold these places")
    stage.sees("Check and pay")


def choose_ports(page: Page, origin: str, destination: str) -> None:
    """Type the beginnings of the ports' names and take what is suggested."""
    for label, name in (("From", origin), ("To", destination)):
        port_field(page, label).fill(name)
        page.keyboard.press("Enter")


def port_field(page: Page, label: str) -> Locator:
    """Return the field with suggestions that a script made of a select list of ports."""
    return page.get_by_label(label, exact=True).and_(page.locator("input"))


def number(page: Page, label: str) -> Locator:
    """Return a field for a number, not the buttons beside it."""
    return page.get_by_role("spinbutton", name=label)


def open_sailings(page: Page, name: str) -> Locator:
    """Return the choices of sailings that can be booked."""
    return page.locator(f"input[name={name}]:not([disabled])")


def choose_sailing(stage: Stage, name: str) -> None:
    """Take the second sailing that can be booked, or the only one."""
    sailings = open_sailings(stage.page, name)
    expect(sailings.first).to_be_attached()
    sailings.nth(min(1, sailings.count() - 1)).check()


def fill_in_list(page: Page, *people: tuple[str, str, str]) -> None:
    """Tell date of birth, gender and nationality of each traveller, as a long crossing asks."""
    for index, (born, gender, nationality) in enumerate(people):
        page.get_by_label("Date of birth").nth(index).fill(born)
        page.get_by_label("Gender").nth(index).select_option(gender)
        page.get_by_label("Nationality").nth(index).select_option(nationality)


def fill_in_names(page: Page, *names: str) -> None:
    """Say who travels, and where the tickets go."""
    for index, name in enumerate(names):
        given, _, surname = name.partition(" ")
        page.get_by_label("Given name").nth(index).fill(given)
        page.get_by_label("Surname").nth(index).fill(surname)
    page.get_by_label("E-mail").fill("alice@example.com")


def show_price(stage: Stage) -> None:
    """Ask for the new price where no script does it."""
    button = stage.page.get_by_role("button", name="Show the price")
    if button.count() and button.first.is_visible():
        button.first.click()


def total(page: Page) -> str:
    """Return the whole price as the summary shows it."""
    return page.locator(".total").first.inner_text().split("\n")[-1].strip()


def pay(stage: Stage) -> None:
    """Pay by the demo gateway and wait for the tickets."""
    stage.press(re.compile("^Pay .* now$"))
    until_confirmed(stage)


def until_confirmed(stage: Stage) -> None:
    """Wait until the booking is confirmed, looking again as a traveller would."""
    stage.page.wait_for_url("**/booking/**")
    stage.settle()
    heading = stage.page.get_by_role("heading", name="Your booking is confirmed")
    for _ in range(CONFIRMED_MS // 1000):
        if heading.count():
            return
        stage.page.wait_for_timeout(1000)
        stage.page.reload()
    expect(heading).to_be_visible()


def booked_reference(page: Page) -> str:
    """Return the reference of the booking whose page was the last but one."""
    page.go_back()
    reference = page.locator("h1 .reference").inner_text()
    page.go_forward()
    return reference


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus."""
    wanted.wait_for()
    for _ in range(200):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {wanted}")
