"""The choice that every command about the ledger offers: whose money."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from payments.ledger_csv import default_is_demo


def add_choice(parser: ArgumentParser) -> None:
    """Add --live and --demo, which exclude each other."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--live", action="store_true", help="real money; the default")
    choice.add_argument(
        "--demo", action="store_true", help="no money; the default while the demo gateway is in use"
    )


def is_demo(options: Mapping[str, Any]) -> bool:
    """Tell which money was asked for."""
    if options["live"] or options["demo"]:
        return bool(options["demo"])
    return default_is_demo()
