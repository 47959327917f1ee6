"""What is true: one check per file, a finding each, a report of all."""
