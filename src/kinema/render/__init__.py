"""What is seen: Shot + Tape → Frames. Nothing here decides what happens."""
