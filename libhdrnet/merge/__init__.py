"""The merge of a bracket: frames, candidates, selection, fusion, reconstruction; `pipeline` runs them in this order.

Numpy in, numpy out; each stage is a function of arrays.
"""
