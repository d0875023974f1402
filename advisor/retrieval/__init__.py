"""Finding the published passage that answers a question in the owner's own words."""
