"""People in the conversation: take over, reply, hand back, and what they see of each other."""
