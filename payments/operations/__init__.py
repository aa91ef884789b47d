"""What can be done with money.

start: start_payment. settle: settle, close_payment. owners: payment_of. refund: open_refund,
refund_booking, open_refunds. vouchers: issue_voucher, put_back. spend: spend_voucher. send: send_refund, settle_refunds. events: store_event, process_event.
sweep: queue_checks.
"""
