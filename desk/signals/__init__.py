"""Signals between the processes of one service: that something has changed, not what."""
