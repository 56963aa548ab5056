"""What was broken once and is put up with: known breaks, and the file that holds them."""
