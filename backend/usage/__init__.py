"""What every call to a provider used and cost, the reports made of it, and budgets."""
