"""PostgreSQL, Valkey and a mail catcher for machines that have none: the demo and the tests start them.

Nothing here imports Django, because these processes run before there is a database to configure.
"""
