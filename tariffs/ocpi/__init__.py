"""OCPI tariffs: import and export."""
