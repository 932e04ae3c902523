"""The pictures of methods: from the description in a paper's entry to SVG and to a sentence."""
