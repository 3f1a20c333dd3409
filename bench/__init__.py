"""The benchmark: `python -m bench` prints a table and writes the same as JSON."""
