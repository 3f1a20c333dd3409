"""OCPI 2.2.1 and 2.3.0 towards partners: versions, credentials, and the modules of a CPO."""
