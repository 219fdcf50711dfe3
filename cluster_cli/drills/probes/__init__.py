"""Probers: what each member says and takes on its own port, 20 times a second."""
