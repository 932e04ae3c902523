"""The drawings of relations and dates, measured in a browser: every word stands free."""

import pytest
from playwright.sync_api import Browser

from tests.support.site_browser import window
from tests.support.site_build import Site

# Every text of the drawing and every box with its place. A paper's name in its own box is told from one that
# runs into another's by the link that holds both.
MEASURE = """drawing => {
  const place = (node, what, home) => {
    const box = node.getBoundingClientRect()
    return { what, home, left: box.left, top: box.top, right: box.right, bottom: box.bottom }
  }
  const links = [...drawing.querySelectorAll("a")]
  const home = (node) => links.indexOf(node.closest("a"))
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const texts = [...drawing.querySelectorAll("text")].filter(seen)
  const boxes = [...drawing.querySelectorAll("rect.box")].filter((node) => node.closest("a"))
  return {
    texts: texts.map((node) => place(node, node.textContent, home(node))),
    boxes: boxes.map((node) => place(node, "the box of a paper", home(node))),
  }
}"""
# The last text of the drawing put where the one before it stands.
MISPLACE = """drawing => {
  const [before, last] = [...drawing.querySelectorAll("text")].slice(-2)
  for (const name of ["x", "y"]) last.setAttribute(name, before.getAttribute(name))
}"""
TOUCH = 1.0  # pixels that the line boxes of two lines of text may share

Area = dict[str, float | str]


def overlap(one: Area, other: Area) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])  # type: ignore[type-var, operator]
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])  # type: ignore[type-var, operator]
    return across > TOUCH and down > TOUCH  # type: ignore[no-any-return]


def clashes(found: dict[str, list[Area]]) -> list[tuple[object, object]]:
    texts, boxes = found["texts"], found["boxes"]
    same = [
        (one["what"], other["what"])
        for index, one in enumerate(texts)
        for other in texts[index + 1 :]
        if overlap(one, other) and not (one["home"] == other["home"] >= 0)  # type: ignore[operator]
    ]
    inside = [
        (text["what"], box["what"])
        for text in texts
        for box in boxes
        if text["home"] != box["home"] and overlap(text, box)
    ]
    return [*same, *inside]


@pytest.mark.parametrize(
    ("path", "which", "least"),
    [("relations/index.html", 0, 40), ("relations/index.html", 1, 60), ("timeline/index.html", 0, 60)],
    ids=["the papers at the centre", "all papers", "timeline"],
)
def test_no_word_runs_into_another_or_into_a_box(
    browser: Browser, site: Site, path: str, which: int, least: int
) -> None:
    with window(browser, site) as opened:
        opened.page.goto(f"{site.http}/{path}")
        drawing = opened.page.locator("article svg.graph").nth(which)
        found = drawing.evaluate(MEASURE)
        assert len(found["texts"]) >= least
        assert clashes(found) == []
        drawing.evaluate(MISPLACE)
        assert clashes(drawing.evaluate(MEASURE)) != []
