"""Every rule of the catalog beside the code that enforces it, a file a theme."""
