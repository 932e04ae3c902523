"""The claims of the papers, put to the test."""
