"""The sandbox by itself, over real sockets, as strangers would talk to CallRail and Maton."""
