"""What may be made: decided before any work, by rules that are files, and closed whenever something is amiss."""
