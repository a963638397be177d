"""Time, whole: expressions, zones, due times and the flow of the clock, all of it pure (“now” is an argument)."""
