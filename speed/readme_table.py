"""Write the README's table from the evidence in the catalog: ``python speed/readme_table.py [--check]``.

Every record of the benchmark `digits` made with its recipe as it is, over all seeds. ``--check`` writes
nothing and exits with 1 if the README says anything else.
"""

import sys
from pathlib import Path

from repro.evidence import latest, load_all
from repro.paths import catalog_root
from repro.report.compare import markdown_table

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = (
    "<!-- table: speed/readme_table.py writes what stands between these marks -->",
    "<!-- end of table -->",
)


def filled(text: str) -> str:
    known = latest(load_all(catalog_root(), "digits"))
    runs = [run for run in known if run.finished and not run.config.overrides]
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{markdown_table(runs)}\n\n{END}{after}"


def main() -> int:
    text = README.read_text(encoding="utf-8")
    new = filled(text)
    if "--check" in sys.argv[1:]:
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
