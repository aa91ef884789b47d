"""The ticket rows: one for each traveller and vehicle on each leg."""

from datetime import datetime

from django.db import connection

from bookings.models import Booking

# Legs in their order, on each leg the travellers before the vehicles.
ISSUE = """
INSERT INTO bookings_ticket (serial, leg_id, passenger_id, vehicle_id, issued_at)
SELECT gen_random_uuid(), leg.id, holder.passenger_id, holder.vehicle_id, %s
FROM bookings_journeyleg leg JOIN (
  SELECT booking_id, id AS passenger_id, NULL::bigint AS vehicle_id, position
  FROM bookings_passenger
  UNION ALL
  SELECT booking_id, NULL, id, position FROM bookings_vehicle
) holder USING (booking_id)
WHERE leg.booking_id = %s
ORDER BY leg.position, holder.passenger_id IS NULL, holder.position
"""


def issue(booking: Booking, *, now: datetime) -> None:
    """Write the tickets of a booking in the caller's transaction, which holds its lock; one query.

    The constraints of the table let nobody have two valid tickets for one leg.
    """
    with connection.cursor() as cursor:
        cursor.execute(ISSUE, [now, booking.pk])
