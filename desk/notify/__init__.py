"""Telling hubs of what waits for them: by mail, webhook, or a record in their kintone."""
