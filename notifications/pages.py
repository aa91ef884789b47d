"""What travellers ask of their mails."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from bookings.models import Booking
from bookings.queries import booking_by_public_id
from maritime.lib import clock
from maritime.lib.pages import TooManyRequests, private_page, require_rate
from maritime.lib.references import booking_of_token
from notifications import outbox
from notifications.models import Message
from notifications.story import ticket_mail


@require_POST
@private_page
def resend_tickets(request: HttpRequest, token: str) -> HttpResponse:
    """Queue the newest mail with the tickets once more; a second click finds it queued.

    Only to the address of the booking, and at most once in some minutes: nobody is flooded.
    """
    require_rate(request, scope="lookup")
    booking = booking_by_public_id(booking_of_token(token))
    mail = ticket_mail(Message.objects.filter(booking=booking).order_by("pk"), now=clock.now())
    if mail is None or booking.state != Booking.State.CONFIRMED:
        return redirect("booking", token=token)
    if not mail.may_resend:
        raise TooManyRequests
    outbox.queue_again(mail.message)
    return redirect(f"{reverse('booking', args=[token])}#mail")
