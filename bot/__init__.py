"""The Rasa project's own code: understanding, channel and actions."""
