"""What exactly will be run for a job, and how it ended."""
