"""The portable server: the same application on granian, wherever the native library cannot load."""
