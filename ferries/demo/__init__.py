"""The demo's data: Washington State Ferries and two invented lines in Greece, Lake Balaton remotely.

What is missing is added; what is there, perhaps edited by staff, is left as it is.
"""
