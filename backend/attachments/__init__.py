"""Files that go along with prompts: taken in, looked at, kept for as long as something needs them."""
