"""Signing in: password, second factor, passkeys, invitations, and proof again before what is dangerous."""
