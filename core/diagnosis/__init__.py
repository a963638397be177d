"""Looks for what is wrong on this machine and in a data folder, and says how to mend it; changes nothing."""
