"""The rules of exams, without Django and without a clock of their own: assembly, time, scores, statistics."""
