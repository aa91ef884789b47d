"""The demo's data: Washington State Ferries from our own inventory, Lake Balaton from a remote one.

What is missing is added; what is there, perhaps edited by staff, is left as it is.
"""
