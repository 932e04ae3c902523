"""Any text that a template writes reads as itself once Markdown has been over it, wherever it stands."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import Markdown
from mkdocs.config import load_config

from repro.website.engine import engine
from tests.support.site_hostile import ENDINGS, PAYLOADS, plain


@pytest.fixture(scope="module")
def markdown(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Markdown:
    """Markdown as the site has it."""
    config = load_config(str(root / "mkdocs.yml"), docs_dir=str(tmp_path_factory.mktemp("docs")))
    return Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs)


class Shape(HTMLParser):
    """The elements of a piece of HTML with the names of their attributes, and its words on one line."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.titles: list[str] = []
        self.words = ""
        self.feed(source)
        self.close()
        self.words = plain(self.words).removesuffix("¶")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.elements.append((data,))

    unknown_decl = handle_pi = handle_decl = handle_comment


MARKS = st.text(st.sampled_from("ab1. \n#*_-+=:/!?<>[](){}&;|`~'\"\\^$@%,é汉"), min_size=1, max_size=40)
PLACES = ["{}", "so {} it is", "# {}", "- {}", "> {}", "<div>\n<p>{}</p>\n</div>", '<p title="{}">{}</p>']


@pytest.mark.parametrize("place", PLACES)
@settings(deadline=None)
@given(st.one_of(MARKS, st.sampled_from([*PAYLOADS, *ENDINGS])).map(plain).filter(bool))
def test_any_text_reads_as_itself_wherever_it_stands(markdown: Markdown, place: str, text: str) -> None:
    template = engine().from_string(place.replace("{}", "{{ text }}"))
    made, usual = (Shape(markdown.reset().convert(template.render(text=it))) for it in (text, "word"))
    assert made.words == usual.words.replace("word", text)
    assert made.titles == [title.replace("word", text) for title in usual.titles]
    assert made.elements == usual.elements


def test_words_in_code_stand_apart_from_those_around_them() -> None:
    template = engine().from_string("{{ text | prose }}")
    assert template.render(text="under `a_b`\n  hides") == "under <code>a&#95;b</code> hides"
    assert template.render(text="`a`, (`b`)") == "<code>a</code>&#44; (<code>b</code>&#41;"
