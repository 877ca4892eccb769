"""What a chunk is learned from and sampled with: one file each."""
