"""The example rules, dashboard and manifests name figures that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from maritime.ops import metrics

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
FILES = sorted(
    [*DEPLOY.glob("prometheus/*.yml"), *DEPLOY.glob("grafana/*"), *DEPLOY.glob("kubernetes/*")]
)
NAME = re.compile(r"\bmaritime_[a-z_]+\b")
ENDINGS = ("_total", "_bucket", "_sum", "_count")


def known() -> set[str]:
    """Return the names of all gauges there are, and of all counters that the code may count."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {family.name for family in families} | set(metrics.HELP)


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_figure_in_it_exists(path: Path) -> None:
    names = {name for name in NAME.findall(path.read_text()) if not name.endswith("_")}
    bare = {_without_ending(name) for name in names}

    assert bare - known() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_can_be_read(path: Path) -> None:
    text = path.read_text()
    found = json.loads(text) if path.suffix == ".json" else list(yaml.safe_load_all(text))

    assert found


def _without_ending(name: str) -> str:
    for ending in ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name
