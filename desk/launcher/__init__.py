"""Sets up and supervises the processes of one machine."""
