"""The order of things: what is read, planned, approved, checked again and carried out, and when.

What belongs here: the steps of a command in terms of stages. What does not: how a step is done
(the stages know), arguments, streams and environment (the command line knows), any API or format.
A backend comes in as a function from account to provider.
"""
