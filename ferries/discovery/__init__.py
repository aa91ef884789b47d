"""Pages to look around: routes with their timetables, ports, operators."""
