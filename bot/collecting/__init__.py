"""Works through collections, piece by piece beside everything else, and tells how far it is."""
