"""Tickets: rows, signed QR texts, the PDF and the calendar file."""

from bookings.tickets.calendar import calendar_file
from bookings.tickets.pdf import demo_note, ticket_pdf
from bookings.tickets.qr import qr_svg
from bookings.tickets.rows import issue
from bookings.tickets.signature import TicketFacts, sign, verify
from bookings.tickets.typeset import typeset

__all__ = (
    "TicketFacts",
    "calendar_file",
    "demo_note",
    "issue",
    "qr_svg",
    "sign",
    "ticket_pdf",
    "typeset",
    "verify",
)
