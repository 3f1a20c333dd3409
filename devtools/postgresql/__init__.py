"""The private PostgreSQL: a database of the portal's own, started on demand, where DATABASE_URL names none."""
