"""Cases that the hubs work on: an append-only log of events."""
