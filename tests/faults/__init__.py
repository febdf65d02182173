"""What happens when things go wrong, over real sockets: crashes, faults, hostile servers."""
