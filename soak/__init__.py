"""Minutes of mixed load with faults on one real server, and then what must be true whatever happened."""
