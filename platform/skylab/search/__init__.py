"""Search over all that may be read: `selectors.search` is what pages ask, `services.refresh` what keeps it true.

Texts come from files (`sources`), are cut into plain words (`words`) and kept in the database, where the backend of its
kind finds them: SQLite's FTS5 or PostgreSQL's full text. What a word of a query may stand for (the plural, the rest of
what is being typed, the same without a slip of the finger) is decided here, from the words that there are (`vocabulary`);
so both databases find the same.
"""
