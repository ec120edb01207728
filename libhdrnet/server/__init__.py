"""The resident server: one process that keeps the models in memory and works for hosts and scripts.

The protocol, version 2. JSON-RPC 2.0, one message a line (UTF-8, at most 1 MiB, no batches), over a Unix socket in
the user's runtime folder or, with `--tcp`, over loopback TCP.

    → {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 2}}
    ← {"jsonrpc": "2.0", "id": 1, "result": {"protocol": 2, "version": …, "process": …, "folder": …}}
    → {"jsonrpc": "2.0", "id": 2, "method": "merge", "params": {"inputs": […], "output": …}}
    ← {"jsonrpc": "2.0", "method": "progress", "params": {"id": 2, "fraction": 0.1, "stage": "aligning"}}
    ← {"jsonrpc": "2.0", "method": "message", "params": {"id": 2, "kind": "warning" or "note", "text": …}}
    ← {"jsonrpc": "2.0", "id": 2, "result": {"message": …, "outputs": […], "record": {…}}}
    ← {"jsonrpc": "2.0", "id": 2, "error": {"code": -32602, "message": …, "data": {"kind", "exit_code", "hint"}}}

- `hello` comes first. A client of another protocol is refused (the error's data name the server's: {"protocol": 2})
  and may then only ask for `shutdown`: a newer one puts its own server in this one's place. To an older one {"finish":
  true} is refused, too. In version 1 a preview's warnings were texts.
  Over TCP `hello` carries a `nonce` and as `proof` the HMAC-SHA256 of "client:NONCE" under the token of the token file;
  the answer proves the same for "server:NONCE". So neither end tells the token to a stranger that took the port.
- `merge`, `preview`, `defocus`, `deblur`, `exposures`: see `server.methods`. `cancel {"id": 2}` stops a call of this
  connection, within a tile. `release {"files": [names]}` removes files of this connection's folder. `status`.
  `shutdown`, with {"finish": true} after the jobs at work and in the queue; then the next server may start at once.
- One job is at work at a time, and beside it one `preview` or `exposures`, for which a person waits. Of those that
  wait, small ones (3 megapixels in all) go before larger ones, each of which lets three pass; the `stage` of a job that
  waits tells how many come before it, and about how long they take.
- What a host may say in its own language has beside its text what it was made of: {"template": "'{path}' does not
  exist: check the name.", "values": {"path": …}}, in a notification's params, an error's data, a preview's warnings. A
  value may be such a pair, too.
- Progress is told whenever there is some, and every 0.3 s, the last again if there is nothing new.
- Pixels are files in the folder that `hello` named, private to the connection: little-endian, rows from the top,
  described as {"file": name, "shape": [height, width, 3], "dtype": "float32", "uint16" or "uint8"}. They are
  mapped, not read. The folder is removed when the connection ends, and its jobs are cancelled.

Files: `protocol` messages · `door` sockets, locks, the token · `connection`, `outbox` one client · `methods` what can
be asked · `previews` brackets that stay open, `previewing` pictures of them · `pixels` arrays in files · `exchange` the
private folders · `jobs` the queues · `loading` the libraries · `status` · `lifecycle` start, idle end, stop.
"""

from libhdrnet.server.lifecycle import serve

__all__ = ["serve"]
