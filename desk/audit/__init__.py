"""The audit log: who did what, when, in a chain that shows every later change."""
