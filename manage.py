#!/usr/bin/env python
"""How is the portal told what to do from a shell?"""

import os
import sys

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # files and names hold any letter, whatever the machine's locale
        stream.reconfigure(encoding="utf-8")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcnet.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
