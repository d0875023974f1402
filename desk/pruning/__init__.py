"""Takes out what is done with and old: deliveries, jobs, reports, logins."""
