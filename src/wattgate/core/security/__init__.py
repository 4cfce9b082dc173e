"""What a connection must prove: first byte, passwords."""
