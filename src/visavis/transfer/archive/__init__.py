"""Archives: groups in one encrypted file, which does not need the database or its master key.

A file has two plain lines (`header`) and then encrypted chunks (`stream`) with the `contents`. `archives` and
`restoring` move groups between file and database.
"""
