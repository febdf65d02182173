"""CallRail's API: keys, requests, retries, pages, and the tags of one account.

What belongs here: everything that knows the API's addresses, payloads, limits and failures, and
the one provider that planning and apply use. What does not: what ought to be live, what to do
about a difference, the command line, anything shown to people but the text of errors.
Each name is imported from its module, so that no command pays for a client it never builds.
"""
