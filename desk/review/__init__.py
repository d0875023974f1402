"""Transcript review: what owners said and the bot understood becomes better sentences and facts."""
