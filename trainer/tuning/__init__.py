"""Learning deeper than the head: everything here works with torch, and runs in a process of its own that ends."""
