"""Names under which the components keep their work on a Rasa message.

None of them is an output property, so none reaches `/model/parse` or the tracker.
"""

NORMALISED = "jinjibu_normalised"  # bot.nlu.text.NormalisedText
WORDS = "jinjibu_words"  # tuple of bot.nlu.clauses.Token, offsets into the normalised text
CLAUSES = "jinjibu_clauses"  # tuple of bot.nlu.clauses.Clause
VECTORS = "jinjibu_vectors"  # array: the message, and its last clause if it has several
FACTS = "jinjibu_facts"  # bot.nlu.facts.Facts
FEATURES = "jinjibu_features"  # bot.nlu.text_featurizer.MessageFeatures
