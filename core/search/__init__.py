"""The search through what all runs have printed: what is looked for, in which outputs, and where it was found."""
