"""`python -m desk …` is the command `jinjibu`."""

from desk.cli import app

app()
