"""Alembic migrations of desk's database."""
