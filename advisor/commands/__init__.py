"""Commands of ``python -m advisor`` that talk: the interview, and the explanation of its result.

``ask`` leads a person through the interview, ``scripted`` does the same over lines of JSON, and
``explain`` tells for every program why it stands where it stands. All work on the streams they
are given; the date is an argument.
"""
