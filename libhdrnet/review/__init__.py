"""`hdrnet review`: a local page to look at a merge before it is made, and to decide by hand what it takes from where.

`page/` is what the browser runs · `desk` is the review itself · `door` answers the page · `run` is the command.
"""
