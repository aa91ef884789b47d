"""What the page of a booking shows about its whole story."""

from collections.abc import Iterable

from django import template

from bookings.models import Booking, BookingEvent
from maritime.lib import clock
from notifications.story import Story, story_of

register = template.Library()


@register.simple_tag
def story(booking: Booking, events: Iterable[BookingEvent]) -> Story:
    """Return the timeline, the money and the mail of a booking."""
    return story_of(booking, events, now=clock.now())
