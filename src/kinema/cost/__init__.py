"""What it costs. Now the meter; quotes and ledgers come with the service."""
