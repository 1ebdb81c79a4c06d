"""Ways to read the streams of model servers, beside each other: ours, the vendors' own, and next to none."""
