"""What the network says of a photo."""
