"""How networks are trained and results measured: `hdrnet train`, `pack` and `eval`, nothing that a photographer runs.

`training` and `evaluation` say in their own docstrings what they do.
"""
