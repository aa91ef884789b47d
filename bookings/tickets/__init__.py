"""Tickets: rows, signed QR texts, the PDF and the calendar file."""

from bookings.tickets.calendar import calendar_file
from bookings.tickets.pdf import ticket_pdf
from bookings.tickets.qr import qr_svg
from bookings.tickets.rows import issue
from bookings.tickets.signature import TicketFacts, sign, verify

__all__ = ("TicketFacts", "calendar_file", "issue", "qr_svg", "sign", "ticket_pdf", "verify")
