"""Training: synthesis of brackets and defocus, the thesis's losses, a resumable loop.

`hdrnet train` runs it. Data flows one way: scenes -> synthesis -> dataset -> loop -> checkpoint -> weights.
"""
