"""Items in the formats of others: read and written, each with a report of what was lost. No Django."""
