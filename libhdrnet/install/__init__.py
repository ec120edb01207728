"""Installing: libhdrnet's own environment, its plug-ins in GIMP and darktable, and `hdrnet doctor`.

All but the doctor runs with a bare Python, before anything is installed: standard library only. Nothing that was
there before is overwritten, each step is taken whole or not at all, and what was written is noted so that it can be
taken away again.
"""
