"""The ledger, the comparison with the provider, and the files made of it."""
