"""``python -m repro`` is ``repro``."""

from repro.cli.app import main

main()
