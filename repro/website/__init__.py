"""The website: catalog and evidence to a tree of Markdown files that any site generator can build."""
