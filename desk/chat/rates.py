"""Rate limits of the chat; the limiter itself is shared with the staff's login."""

from desk.rates import RateLimiter

__all__ = ["RateLimiter"]
