"""What the past left in databases, written in bulk and kept: histories, and years of use."""
