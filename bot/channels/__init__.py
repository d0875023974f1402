"""The private way between desk and Rasa."""
