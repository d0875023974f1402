"""The pages of hub staff."""
