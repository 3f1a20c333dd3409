"""How do rows come in and go out? One engine reads, checks and writes them, for commands and pages alike.

A kind of row is declared as a `Kind` with its columns, in the resources of the app that owns the model.
"""
