"""What signed meter data prove, and what contradicts them."""
