"""The members' logs as one story: parsed, merged by time, role changes marked."""
