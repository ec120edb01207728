"""One module a file format: `header` reads sizes alone, `decode` the picture, `encode` or `write` makes one.

They know nothing of each other; what they share is in `decoded`.
"""
