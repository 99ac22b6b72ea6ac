"""What pages ask for in JSON, a room each."""
