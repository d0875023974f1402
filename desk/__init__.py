"""The service that owners and staff reach: chat API, cases, console, jobs."""
