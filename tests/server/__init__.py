"""Both servers, as real processes, spoken to over real sockets."""
