"""Conversations of owners: the public chat API."""
