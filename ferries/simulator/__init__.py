"""A ferry company's own reservation system, for the demo and the tests.

It speaks the protocol of docs/operators.md over real HTTP, keeps its own books and knows neither
our database nor our cache.
"""
