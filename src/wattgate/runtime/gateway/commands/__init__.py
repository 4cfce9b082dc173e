"""What backends command, carried out."""
