"""Language understanding for Japanese owner messages, as Rasa graph components."""
