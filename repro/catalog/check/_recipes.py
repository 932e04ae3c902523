"""Rules for recipes and benchmarks."""

from repro.catalog.reading.rule import BENCHMARK, RECIPE, Rule

WHY = "why:\n  method.dim: The encoder is narrower.\n  views.*: Digits have a side."

RECIPES: dict[str, Rule] = {
    "R041": Rule(
        "error",
        "the paper of a recipe is in the catalog",
        why="A recipe belongs to the page of its paper.",
        wrong="paper: simsaim",
        right="paper: simsiam",
        file="recipes/simsaim/digits.yaml",
        right_file=RECIPE,
    ),
    "R042": Rule(
        "error",
        "the benchmark of a recipe is in the catalog",
        why="The benchmark holds the data, the encoder and the budget that the recipe changes.",
        wrong="benchmark: digit",
        right="benchmark: digits",
        file="recipes/simsiam/digit.yaml",
        right_file=RECIPE,
    ),
    "R043": Rule(
        "error",
        "a recipe follows one of its paper's settings",
        why="How faithful a recipe is can only be said against settings that exist.",
        wrong="follows: imagnet",
        right="follows: imagenet",
        file=RECIPE,
    ),
    "R044": Rule(
        "error",
        "a recipe on its benchmark gives a complete, well-typed configuration",
        why="Otherwise the run stops before its first step, or trains something else than was meant.",
        wrong="method: {name: simsiam, dim: wide, guard: false}",
        right="method: {name: simsiam, dim: 4, guard: false}",
        file=RECIPE,
    ),
    "R045": Rule(
        "error",
        "a setting that differs from the paper has its reason under `why`",
        why="A reproduction that departs from the paper without saying why is none.",
        wrong=f"budget: {{epochs: 10}}\n{WHY}",
        right=f"budget: {{epochs: 10}}\n{WHY}\n  budget.epochs: It must run in minutes.",
        file=RECIPE,
    ),
    "R046": Rule(
        "error",
        "a reason under `why` explains a difference that exists",
        why="A reason that has been overtaken misleads whoever reads the recipe.",
        wrong=f"{WHY}\n  budget.epochs: It must run in minutes.\n  optimizer.lr: It is a smaller network.",
        right=f"{WHY}\n  budget.epochs: It must run in minutes.",
        file=RECIPE,
    ),
    "R050": Rule(
        "error",
        "the components of a benchmark exist and take the given settings",
        why="Every recipe on the benchmark would fail.",
        wrong="encoder: {name: small_resnet, widht: 16}",
        right="encoder: {name: small_resnet, width: 16}",
        file=BENCHMARK,
    ),
}
