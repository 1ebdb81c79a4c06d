"""What every feature may use and what knows nothing of any feature."""
