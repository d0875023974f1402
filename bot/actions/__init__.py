"""Custom actions: translate what Rasa heard, call the adviser, translate back.

They run inside desk (see `desk/actions`), which gives them their context.
"""
