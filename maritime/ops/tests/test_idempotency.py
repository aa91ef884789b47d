"""Same key and same body: same answer; the work is done once, also at the same moment."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from maritime.ops import idempotency
from maritime.ops.models import IdempotentRequest, Job

pytestmark = pytest.mark.django_db


def test_the_same_body_gives_the_earlier_result() -> None:
    digest = idempotency.body_hash({"a": 1})
    assert idempotency.earlier_result("hold", "key", digest) is None

    idempotency.remember("hold", "key", digest, "REFERENCE")

    assert idempotency.earlier_result("hold", "key", digest) == "REFERENCE"
    assert idempotency.earlier_result("hold", "another key", digest) is None
    assert idempotency.earlier_result("cancel", "key", digest) is None


def test_another_body_under_the_same_key_is_refused() -> None:
    idempotency.remember("hold", "key", idempotency.body_hash({"a": 1}), "REFERENCE")

    with pytest.raises(idempotency.KeyReused) as caught:
        idempotency.earlier_result("hold", "key", idempotency.body_hash({"a": 2}))

    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "é", "nul\x00", "line\n"])
def test_unusable_keys_are_refused_before_the_database_sees_them(
    key: str, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0), pytest.raises(idempotency.KeyUnusable):
        idempotency.earlier_result("hold", key, "digest")


def test_the_longest_key_fits() -> None:
    idempotency.remember("hold", "x" * 255, "d" * 64, "REFERENCE")

    assert idempotency.earlier_result("hold", "x" * 255, "d" * 64) == "REFERENCE"


def test_the_hash_does_not_depend_on_the_order_of_members() -> None:
    first = idempotency.body_hash({"a": 1, "b": {"c": [1, 2], "d": "é"}})
    second = idempotency.body_hash({"b": {"d": "é", "c": [1, 2]}, "a": 1})

    assert first == second
    assert first != idempotency.body_hash({"a": 1, "b": {"c": [2, 1], "d": "é"}})
    assert len(idempotency.body_hash({"lone surrogate": "\ud800"})) == 64


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_requests_at_once_one_does_the_work() -> None:
    outcomes = []
    together = threading.Barrier(2)

    def request(number: int) -> None:
        try:
            with transaction.atomic():
                Job.objects.create(task="work", key=f"work {number}", next_at="2026-01-01T00:00Z")
                together.wait(timeout=10)
                idempotency.remember("hold", "key", "digest", f"REFERENCE {number}")
            outcomes.append("done")
        except IntegrityError:
            outcomes.append(idempotency.earlier_result("hold", "key", "digest"))
        finally:
            connection.close()

    threads = [threading.Thread(target=request, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = IdempotentRequest.objects.get().result
    assert sorted(outcomes) == sorted(["done", stored])
    assert Job.objects.count() == 1
