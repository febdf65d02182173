"""The whole program over the sandbox's sockets."""
