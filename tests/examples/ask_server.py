"""Ask the resident server, which the first call starts: with files, and with pixels that both sides map."""

from libhdrnet.client.hdrnet_client import connect  # a plug-in carries a copy of that one file
from libhdrnet.demo import write_bracket
from libhdrnet.io import read_photo

frames = [str(path.absolute()) for path in write_bracket("bracket")]
with connect() as server:
    merged = server.call("merge", {"inputs": frames}, on_progress=lambda share, stage: print(f"{share:.0%} {stage}"))
    shared = server.share(read_photo(frames[1]).pixels, (800, 1200, 3), "uint8")
    sharp = server.fetch(server.call("deblur", {"array": shared}))  # an mmap of 800 x 1200 x 3 bytes
    radiance = memoryview(server.fetch(merged)).cast("f", merged["shape"])
print(f"the upper left corner of the merge is {radiance[0, 0, 0]:.3f}, of the deblurred picture {sharp[0]}")
