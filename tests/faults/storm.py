"""Everything that breaks in one run, one after the other, while travellers book."""

import time
from collections.abc import Callable

import httpx

from tests.faults.platform import Platform

SHORT_SECONDS = 2.0
# Longer than a client of a mail server waits for an answer.
MAIL_HANG_SECONDS = 12.0
NAIVE_WORK_SECONDS = 5
# What may arrive twice: the mail that was on its way when its sender or the database died.
DOUBLES_BY_CRASH = 2


def web_process_killed(platform: Platform) -> None:
    platform.kill_web_worker()


def mail_worker_killed(platform: Platform) -> None:
    platform.kill("mails")
    platform.start("mails")


def workers_killed(platform: Platform) -> None:
    leave_naive_work(platform, seconds=NAIVE_WORK_SECONDS)
    started = "SELECT count(*) FROM fault_effect WHERE step = 'started'"
    before = platform.number(started)
    platform.wait_until(
        lambda: platform.number(started) > before or before, seconds=20, what="naive work begun"
    )
    platform.kill("work")
    platform.start("work")


def workers_frozen(platform: Platform) -> None:
    with platform.frozen("work"):
        time.sleep(SHORT_SECONDS)


def relay_and_beat_killed(platform: Platform) -> None:
    for name in ("relay", "beat"):
        platform.kill(name)
    platform.start("relay", "beat")


def broker_restarted_empty(platform: Platform) -> None:
    # While nobody takes anything from it, so that there is something to lose.
    with platform.frozen("work"):
        leave_naive_work(platform, seconds=0)
        platform.empty_broker()


def broker_frozen(platform: Platform) -> None:
    with platform.frozen("broker"):
        time.sleep(SHORT_SECONDS)


def cache_frozen(platform: Platform) -> None:
    with platform.frozen("cache"):
        time.sleep(SHORT_SECONDS)


def cache_full(platform: Platform) -> None:
    with platform.full(platform.cache):
        time.sleep(SHORT_SECONDS)


def database_stopped_at_once(platform: Platform) -> None:
    platform.crash_database()


def provider_cut(platform: Platform) -> None:
    platform.to_provider.cut()
    time.sleep(SHORT_SECONDS)
    platform.to_provider.mend()


def provider_slow(platform: Platform) -> None:
    platform.to_provider.slow(SHORT_SECONDS / 4)
    time.sleep(SHORT_SECONDS)
    platform.to_provider.mend()


def provider_forgets_to_answer(platform: Platform) -> None:
    for call in ("create_intent", "create_refund"):
        platform.provider.faults.add(call, "lost")


def mail_server_cut(platform: Platform) -> None:
    platform.to_post.cut()
    time.sleep(SHORT_SECONDS)
    platform.to_post.mend()


def mail_server_hangs_after_data(platform: Platform) -> None:
    platform.post.hang(mails=1, seconds=MAIL_HANG_SECONDS)


FAULTS: tuple[Callable[[Platform], None], ...] = (
    web_process_killed,
    mail_worker_killed,
    workers_killed,
    mail_server_hangs_after_data,
    relay_and_beat_killed,
    broker_restarted_empty,
    provider_forgets_to_answer,
    broker_frozen,
    cache_frozen,
    cache_full,
    database_stopped_at_once,
    provider_cut,
    provider_slow,
    mail_server_cut,
    workers_frozen,
)


def leave_naive_work(platform: Platform, *, seconds: float) -> None:
    """Let two bookings of the control be made, whose tasks work for so long."""
    with httpx.Client(base_url=platform.url, timeout=30) as http:
        for _ in range(2):
            http.post(f"/naive/booking?seconds={seconds}").raise_for_status()
