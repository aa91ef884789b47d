"""What can be done with a booking, one module for each verb.

hold: hold_booking. check: check_space. confirm: begin_payment, mark_paid, confirm_with_operator,
confirmation_failed. cancel: quote_cancellation, cancel_booking, cancel_by_conditions,
cancel_in_full, cancel_with_operator (cancel_selection: what of the booking; cancel_rest: whether the
rest may travel; cancel_quote: the sums; cancel_commit: the rows). expire: expire_holds. refunds: record_refund.
"""
