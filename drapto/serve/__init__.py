"""A page that shows a project while it is worked on, and has it started, paused, retried and put in order."""
