"""The nightly comparison of what was promised and told with what exists."""
