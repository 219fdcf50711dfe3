"""Probers: which role each member claims on its own port, 20 times a second, and which writes it takes."""
