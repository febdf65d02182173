"""``python ask_warm.py SOCKET ARGUMENTS...``: the command, as run by the process at SOCKET."""

import json
import os
import socket
import sys

path, *arguments = sys.argv[1:]
asked = json.dumps([arguments, dict(os.environ), os.getcwd()]).encode()  # noqa: PTH109 - in no time
with socket.socket(socket.AF_UNIX) as peer:
    peer.connect(path)
    socket.send_fds(peer, [len(asked).to_bytes(8, "big")], [0, 1, 2])
    peer.sendall(asked)
    sys.exit(peer.recv(1)[0])
