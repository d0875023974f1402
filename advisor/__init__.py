"""Pure domain library: diagnosis, interview, recommendation, amounts, routing, answers.

Nothing in here reads a clock, a network, a log or an environment variable. Dates are
arguments, knowledge is data under ``knowledge/``, and a rule that is missing is an error,
never a default.
"""
