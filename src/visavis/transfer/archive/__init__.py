"""Groups in one sealed file, which travels without the database and its master key.

A file has two lines that anybody can read, `header`, and then sealed chunks, `stream`, in which are `contents`.
`writing` and `reading` move them between file and database.
"""
