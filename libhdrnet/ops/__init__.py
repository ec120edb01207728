"""The operations: merge a bracket, see the defocus, deblur.

Numpy in, numpy out; the only place where reading, alignment, networks and engine meet.
"""
