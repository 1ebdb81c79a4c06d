"""A comparison as a file: for programs, for reading, for a spreadsheet, for a browser."""
