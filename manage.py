#!/usr/bin/env python
"""Runs the portal's commands from a shell."""

import os
import sys

UNDEFINED_TABLE = "42P01"

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # files and names hold any letter, whatever the machine's locale
        stream.reconfigure(encoding="utf-8")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as refused:
        sys.exit(f"The database cannot be used: {refused}")
    except ProgrammingError as refused:
        if getattr(refused.__cause__, "sqlstate", None) != UNDEFINED_TABLE:
            raise
        sys.exit("The database lacks a table that this needs: run manage.py migrate first.")
