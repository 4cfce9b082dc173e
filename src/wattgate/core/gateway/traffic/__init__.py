"""What went over the links, as people read it, without secrets."""
