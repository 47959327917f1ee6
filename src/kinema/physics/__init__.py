"""What must happen: Shot → World → Tape. Nothing here knows how it will look."""
