"""Show what the accounts of the ledger hold."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.ledger_sums import balances
from payments.management import money


class Command(BaseCommand):
    help = "Show the balance of every account of the ledger, or of one operator's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--operator", default="", metavar="CODE", help="only its account")
        money.add_choice(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        found = balances(is_demo=money.is_demo(options), operator=options["operator"])
        for balance in found:
            name = f"{balance.account} {balance.operator}".strip()
            self.stdout.write(f"{name:<32} {balance.side:>24}")
        if not found:
            self.stdout.write("The ledger has no entries.")
