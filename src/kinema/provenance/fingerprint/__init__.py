"""What a picture looks like, in 256 bits: fingerprints of clips, and finding a clip again by pieces of it."""
