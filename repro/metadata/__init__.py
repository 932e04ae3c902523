"""What services know of papers: looking it up, comparing it with entries, beginning new ones. No torch."""
