"""Alignment of a bracket's frames to its reference: one model for the whole picture, and dense flow for what moved.

Numpy and OpenCV only.
"""

from libhdrnet.alignment.flow import Flow, dense_flow, fetch
from libhdrnet.alignment.homography import Alignment, align, estimate_alignment

__all__ = ["Alignment", "Flow", "align", "dense_flow", "estimate_alignment", "fetch"]
