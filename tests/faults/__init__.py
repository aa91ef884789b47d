"""Faults for real: processes killed and frozen, servers restarted, wires cut, a mail server that hangs."""
