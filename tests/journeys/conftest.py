import pytest

from tests.journeys.platform import running_platform


@pytest.fixture
def platform(transactional_db, tmp_path):
    with running_platform(tmp_path) as running:
        yield running
