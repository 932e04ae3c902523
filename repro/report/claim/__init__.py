"""Judged claims as they are shown: in words, as rows, as drawings, and as one page."""
