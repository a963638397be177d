"""What is to be run: commands, environments, crons and schedules, checked, saved and looked up."""
