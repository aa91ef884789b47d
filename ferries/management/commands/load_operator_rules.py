"""Load a real operator's published conditions as an example fare family."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ferries.conditions import Terms
from ferries.demo.operator_rules import RULE_SETS, RULE_TEXTS
from ferries.models import ConditionBand, FareFamily, Operator


class Command(BaseCommand):
    help = (
        "Load a real operator's published conditions (docs/conditions.md) as a fare family of an "
        "operator. Bands that the family has are replaced; bookings keep the copy they have."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("operator", metavar="OPERATOR_CODE")
        parser.add_argument("ruleset", choices=sorted(RULE_SETS), metavar="RULESET")
        parser.add_argument(
            "--family", metavar="CODE", help="fare family to write (default: the rule set's own)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        operator = Operator.objects.filter(code=options["operator"]).first()
        if operator is None:
            codes = ", ".join(Operator.objects.order_by("code").values_list("code", flat=True))
            raise CommandError(
                f"There is no operator {options['operator']}. Known: {codes or 'none'}."
            )
        ruleset = options["ruleset"]
        terms = RULE_SETS[ruleset]
        family = _write(
            terms, operator, code=options["family"] or terms.family, sentence=RULE_TEXTS[ruleset]
        )
        self.stdout.write(f"{family}: {len(terms.bands)} bands of {ruleset}")


@transaction.atomic
def _write(terms: Terms, operator: Operator, *, code: str, sentence: str) -> FareFamily:
    """Write the family with the terms' bands in place of those it has."""
    rules = {
        "sentence": sentence,
        "always_refunded": list(terms.always_refunded),
        "amend_until_hours": terms.amend_until_hours,
        "free_amendments": terms.free_amendments,
        "difference_refunded": terms.difference_refunded,
    }
    name = code.replace("-", " ").capitalize()
    family, _ = FareFamily.objects.update_or_create(
        operator=operator, code=code, defaults=rules, create_defaults={**rules, "name": name}
    )
    family.condition_bands.all().delete()
    for band in terms.bands:
        ConditionBand.objects.create(
            operator=operator,
            family=family,
            **{**asdict(band), "components": list(band.components)},
        )
    return family
