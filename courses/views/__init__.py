"""The pages of courses, a room each."""
