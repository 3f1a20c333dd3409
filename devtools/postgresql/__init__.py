"""Which database does the portal talk to when nobody has named one? A PostgreSQL of its own, started on demand."""
