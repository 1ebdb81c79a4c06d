"""What every benchmark stands on: how much to do, processes and what they use, the report."""
