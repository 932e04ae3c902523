"""Views: batched augmentations with an independent draw for every sample, on the device of the batch."""
