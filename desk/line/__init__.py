"""LINE as a way into the consultation: what comes in, what goes out, and what may stand there."""
