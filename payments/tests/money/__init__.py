"""Money from end to end, against the stand-in of `payments.tests.provider`.

`rows_*.py` are the scenario table, told in the phrases of `steps.py`; `checks.py` holds after each
story; `page.py` writes docs/payment-scenarios.md. Walks and races use the same steps and checks.
"""
