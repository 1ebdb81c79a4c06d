"""Tests: the history page, the search in it, tags and the trash."""
