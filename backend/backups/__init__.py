"""An installation in one file, and back: the database, its attachments, what they are, nothing more."""
