"""The peer of the benchmark: Rasa as it comes."""
