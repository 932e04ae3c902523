"""The pages of the website, a module for each kind."""
