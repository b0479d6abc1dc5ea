"""Reading zips without trusting them."""
