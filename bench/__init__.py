"""How fast is it? `python -m bench` prints a table and writes the same as JSON."""
