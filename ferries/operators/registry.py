"""Which connector speaks for an operator, and which operator made an offer."""

from collections import defaultdict
from collections.abc import Sequence

from ferries.errors import UnknownOffer
from ferries.models import Operator, OperatorStop
from ferries.operators.answers import StopPort
from ferries.operators.base import Connector
from ferries.operators.http import HttpConnector
from ferries.operators.local import LocalConnector


def connector_for(operator: Operator) -> Connector:
    """Return the operator's connector; one query for a remote one."""
    return connectors_for([operator])[0]


def connectors_for(operators: Sequence[Operator]) -> list[Connector]:
    """Return one connector for each operator, in order; one query for all remote ones.

    Remote connectors come with the names that the operator gives to our ports, so that they need
    no database where they run.
    """
    remote = [each.pk for each in operators if each.adapter == Operator.Adapter.HTTP]
    stops = _stops_of(remote) if remote else {}
    return [
        HttpConnector(stops.get(operator.pk, ()))
        if operator.adapter == Operator.Adapter.HTTP
        else LocalConnector()
        for operator in operators
    ]


def operator_of_offer(offer_id: str) -> Operator:
    """Return the active operator that made the offer; raises UnknownOffer."""
    code, mark, _ = offer_id.partition("~")
    if not mark or not code.isprintable():
        raise UnknownOffer
    operator = Operator.objects.filter(code=code, active=True).first()
    if operator is None:
        raise UnknownOffer
    return operator


def _stops_of(operators: Sequence[int]) -> dict[int, list[StopPort]]:
    rows = OperatorStop.objects.filter(operator__in=operators).order_by("pk")
    found: dict[int, list[StopPort]] = defaultdict(list)
    for row in rows.select_related("port"):
        port = row.port
        found[row.operator_id].append(StopPort(row.stop_id, port.code, port.name, port.zone))
    return found
