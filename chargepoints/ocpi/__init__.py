"""OCPI locations: import and export."""
