"""The pages of labs, by subject."""
