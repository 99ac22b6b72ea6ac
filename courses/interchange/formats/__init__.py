"""The formats: one module each, found by walking this package. A name that begins with _ is a module's back room.

A module has TITLE, SUFFIXES (of file names, the usual one first), `recognises(data, name)` if it reads, and one or both
of `read(data, name) -> Imported` and `write(items) -> Exported`. `read` raises Unreadable for a file that is refused.
"""
