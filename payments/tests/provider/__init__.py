"""A stand-in for Stripe: real HTTP on a loopback port, Stripe's rules for keys, faults on demand.

`server.py` answers requests, `keys.py` remembers answers by idempotency key, `books.py` keeps
intents, charges, refunds and disputes, `controls.py` is what customers, banks and the dashboard do,
`faults.py` what goes wrong on the way, `events.py` what is told by webhook.
"""
