"""Reports: how much is asked, how soon it is answered, what helps and what is missing."""
