"""What `make bench` runs: each benchmark is one file here, with its method in its docstring."""
