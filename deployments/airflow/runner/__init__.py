"""Airflows that run on this machine: what each should be, and the keeper that makes it so."""
