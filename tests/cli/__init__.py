"""The command line, file by file."""
