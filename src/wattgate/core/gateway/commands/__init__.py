"""What backends may command, for whom it is meant, and what several answers come to."""
