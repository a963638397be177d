"""The forms beside the lists, and the fields that they are made of."""
