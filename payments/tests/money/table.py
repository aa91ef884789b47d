"""The scenario table, whole."""

from payments.tests.money import rows_disputes, rows_faults, rows_late, rows_paying, rows_refunds

CHAPTERS = {
    "Paying in time": rows_paying.ROWS,
    "Late, double and wrong money": rows_late.ROWS,
    "A provider that answers badly": rows_faults.ROWS,
    "Refunds": rows_refunds.ROWS,
    "Disputes": rows_disputes.ROWS,
}
ROWS = tuple(row for rows in CHAPTERS.values() for row in rows)
