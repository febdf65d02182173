"""The sandbox by itself, over real sockets, as strangers would client to CallRail and Maton."""
