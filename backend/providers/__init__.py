"""Every model behind one small vocabulary. Knows neither the web nor the database."""
