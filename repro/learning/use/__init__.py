"""What a trained encoder is good for: features, neighbours, other labels, other libraries."""
