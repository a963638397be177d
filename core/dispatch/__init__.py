"""Turns due times into jobs: what is due now, and the thread that asks at the right moment."""
