"""Crontabs: what they say, what that becomes here and what behaves otherwise, and how schedules are written as one."""
