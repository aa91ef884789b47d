"""Plays the stories in a running demo and takes a picture of each step; see `bin/screenshots`."""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.journeys.stories import DESK, STORIES, Stage

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DAYS_AHEAD, DAYS_AWAY = 3, 2
# Of a picture, so that the repository stays small.
JPEG_QUALITY = 70
LONGEST_PAGE = 3500
# What stays in sight while one scrolls would lie across the middle of a whole page.
STYLE = ".bar { position: static !important; }"


def main() -> None:
    """Play what was asked for."""
    parser = argparse.ArgumentParser(prog="bin/screenshots", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the demo")
    parser.add_argument("--folder", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("stories", nargs="*", metavar="STORY", help="all unless told")
    options = parser.parse_args()
    unknown = set(options.stories) - set(STORIES)
    if unknown:
        parser.error(f"choose from {', '.join(STORIES)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in options.stories or STORIES:
            play(browser, name, url=options.url, folder=options.folder)
            sys.stdout.write(f"{name}\n")
        browser.close()


def play(browser: Browser, name: str, *, url: str, folder: Path) -> None:
    """Play one story; its pictures are called `STORY-NUMBER-STEP.jpg`."""
    with browser.new_context(
        viewport=DESK,  # type: ignore[arg-type]
        java_script_enabled=name != "without-javascript",
        locale="en-US",
    ) as context:
        page = context.new_page()
        taken: list[str] = []

        def shoot(step: str) -> None:
            taken.append(step)
            # Prices of other days and the chart come after the page.
            page.wait_for_load_state("networkidle")
            path = folder / f"{name}-{len(taken)}-{step}.jpg"
            height = page.evaluate("document.documentElement.scrollHeight")
            page.screenshot(
                path=path,
                type="jpeg",
                quality=JPEG_QUALITY,
                full_page=height <= LONGEST_PAGE,
                style=STYLE if height <= LONGEST_PAGE else "",
            )

        out = date.today() + timedelta(days=DAYS_AHEAD)  # noqa: DTZ011 - as on a wall calendar
        back = out + timedelta(days=DAYS_AWAY)
        STORIES[name](Stage(page, url, out, back, shoot=shoot))


if __name__ == "__main__":
    main()
