"""What happened: runs that are wanted, run folders, records. No torch."""
