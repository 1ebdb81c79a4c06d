"""The native server: socketify's uWebSockets inside the process's own uvloop."""
