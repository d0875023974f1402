"""Login by an organisation's own accounts (OpenID Connect)."""
