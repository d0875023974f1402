"""Where Rasa's custom actions run, inside desk's own process."""
