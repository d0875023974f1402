"""Pictures and files of owners, kept sealed for the staff of their case."""
