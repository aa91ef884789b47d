"""Tables as CSV that spreadsheets read as they are meant, line by line.

A cell that a spreadsheet would run as a formula gets an apostrophe in front
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

from collections.abc import Iterable

# Excel reads UTF-8 only with it.
BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Echo:
    """A file for csv.writer whose write returns the line."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def safe(cells: Iterable[str]) -> list[str]:
    """Return the cells with an apostrophe before what a spreadsheet would take for a formula."""
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
