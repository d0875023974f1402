"""Staff accounts, passwords and sessions."""
