"""Field-level encryption: names, contact data and notes are sealed before they are stored."""
