"""Durable background work in desk's own database."""
