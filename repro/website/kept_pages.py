"""A hook for MkDocs: a page that would come out as it did last time is taken from the last build.

MkDocs makes every page anew on every build, which is nearly all of its time. What a page becomes follows
from its source, the configuration, the theme, the titles in the navigation and the files its links ask for.
All but the last make its key; the files are kept with it and compared. Anchors and links stay known, so that
a link to an anchor that is gone from another page is still found.

The build goes to a folder of its own, and from there into the site once it has proved sound: a build with a
warning leaves the site as it was and keeps nothing, so that what strict mode objects to it finds again.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler, meta
from mkdocs.utils.templates import TemplateContext

from repro.files import move_files, remove_others

MAKERS = ("mkdocs", "mkdocs-material", "markdown", "pymdown-extensions", "pygments", "jinja2", "markupsafe")
NOTHING = "nothing.html"  # the template of a page that is not made
LOG = logging.getLogger("mkdocs")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a page became, and what the rest of a build asks of it."""

    html: str  # the digest of its file in the site
    entries: list[dict[str, Any]]  # its part of the search index
    meta: dict[str, Any]
    title: str
    anchors: list[str]
    links: dict[str, dict[str, str]]  # {page: {anchor: link}}
    asked: dict[str, str | None]  # what its links asked for, and the address there was


class Asked:
    """The site's files, remembering which of them were asked for."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.found: dict[str, str | None] = {}

    def get_file_from_path(self, path: str) -> File | None:
        """The file, as MkDocs' own class gives it."""
        file = self.files.get_file_from_path(path)
        self.found[path] = file.url if file else None
        return file


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Join the plugins of this build; what is kept lies beside the pages' sources."""
    LOG.setLevel(min(LOG.getEffectiveLevel(), logging.WARNING))  # `--quiet` hides them from strict mode too
    docs, site = Path(config.docs_dir), Path(config.site_dir)
    # A server has its own addresses, so its own pages, in a folder that passes; neither drops the other's.
    folder = docs.with_name("kept" if site.parent == docs.parent else "kept.server")
    config.plugins["repro/kept"] = cast(Any, KeptPages(folder, site))
    config.site_dir = str(site.with_name(f"{site.name}.part"))
    return config


class KeptPages:
    """One build: gives back the pages it has, and keeps those that were made."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        self.site = site
        self.keys: dict[str, str] = {}  # {source: key}, of all pages
        self.kept: dict[str, Kept] = {}  # {source: what it became}, of those given back
        self.asked: dict[str, Asked] = {}  # by source, of those that are made
        self.standing: set[Path] = set()  # the files of those given back
        self.first = 0  # where the entries of the page that is being made begin
        self.warnings = CountHandler()
        self.warnings.setLevel(logging.WARNING)

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Begin to count warnings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        LOG.addHandler(self.warnings)

    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> None:
        """Decide for every page whether it has to be made."""
        common = _common(nav, config)
        for file in files.documentation_pages():
            page = cast(Page, file.page)
            key = _digest(common, file.src_uri.encode(), file.content_bytes)
            self.keys[file.src_uri] = key
            if kept := _load(self.folder / key, self.site / file.dest_uri, files):
                self.kept[file.src_uri] = kept
                self.standing.add(self.site / file.dest_uri)
                _give_back(page, kept, files)
            else:
                self.asked[file.src_uri] = _listen(page, files)

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """Know the template of pages that are not made, and keep the theme's templates compiled."""
        loaders = [DictLoader({NOTHING: ""}), *([env.loader] if env.loader else [])]
        env.loader = ChoiceLoader(loaders)
        compiled = self.folder.with_name("compiled")
        compiled.mkdir(exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        return env

    @event_priority(100)  # before the search plugin adds the page's entries
    def on_page_context(
        self, context: TemplateContext, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> None:
        """Put the entries of a kept page where its own would stand."""
        entries = _entries(config)
        self.first = len(entries)
        if kept := self.kept.get(page.file.src_uri):
            entries += kept.entries

    @event_priority(-100)  # after every plugin that changes the page
    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Write down a page that was made, until the build proves sound."""
        if page.file.src_uri in self.kept:
            return ""  # for MkDocs, no file
        made = _made(page, output, _entries(config)[self.first :], self.asked[page.file.src_uri])
        text = json.dumps(asdict(made), default=str)
        # What JSON cannot hold, such as a date, would come back as another kind of value: made each time.
        if json.loads(text) == asdict(made):
            self._part(page.file.src_uri).write_text(text, encoding="utf-8")
        return output

    @event_priority(-200)  # after the plugin that makes the search work from disk
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Bring the site up to date if nothing was wrong; keep what was made, drop what is not needed."""
        LOG.removeHandler(self.warnings)
        if self.warnings.get_counts():
            return
        for source in self.asked:
            if (part := self._part(source)).is_file():
                part.replace(self.folder / self.keys[source])
        remove_others(self.folder, {self.folder / key for key in self.keys.values()})
        made = move_files(Path(config.site_dir), self.site)
        remove_others(self.site, self.standing | made)

    def on_build_error(self, *, error: Exception) -> None:
        """Stop counting."""
        LOG.removeHandler(self.warnings)

    def _part(self, source: str) -> Path:
        return self.folder / f"{self.keys[source]}.part"


def _entries(config: MkDocsConfig) -> list[dict[str, Any]]:
    """The entries of the search index so far."""
    found: list[dict[str, Any]] = cast(Any, config.plugins["material/search"]).search_index.entries
    return found


def _common(nav: Navigation, config: MkDocsConfig) -> bytes:
    """What all pages depend on, as one digest."""
    theme = sorted(path for path in Path(config.theme.custom_dir or ".").rglob("*.html"))
    parts = {
        "makers": {name: version(name) for name in MAKERS},
        "configuration": [config.user_configs, config.site_url],
        "theme": [(path.name, _digest(path.read_bytes())) for path in [Path(__file__), *theme]],
        "navigation": [(page.url, _title(page)) for page in nav.pages],
    }
    return json.dumps(parts, sort_keys=True, default=str).encode()


def _title(page: Page) -> str:
    """The title of a page as its source gives it, or a digest of the source it would be found in."""
    source = page.file.content_string
    return str(meta.get_data(source)[1].get("title") or _digest(source.encode()))


def _digest(*parts: bytes) -> str:
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()


def _load(path: Path, html: Path, files: Files) -> Kept | None:
    """What is kept there; None if it is not whole, or its file or what its links asked for changed."""
    try:
        kept = Kept(**json.loads(path.read_text(encoding="utf-8")))
        if kept.html != _digest(html.read_bytes()):
            return None
    except (OSError, ValueError, TypeError):
        return None
    asked = Asked(files)
    for name in (*kept.asked, *kept.links):
        asked.get_file_from_path(name)
    present = all(asked.found[name] is not None for name in kept.links)
    return kept if present and all(asked.found[name] == url for name, url in kept.asked.items()) else None


def _give_back(page: Page, kept: Kept, files: Files) -> None:
    """Let the page come out of the reading of sources as it did last time."""

    def read_source(config: MkDocsConfig) -> None:
        page.markdown = ""
        page.meta = kept.meta | {"title": kept.title, "template": NOTHING, "search": {"exclude": True}}

    def render(config: MkDocsConfig, files: Files) -> None:
        page.content = ""
        page.present_anchor_ids = set(kept.anchors)
        page.links_to_anchors = dict(_linked(kept, files))

    vars(page).update(read_source=read_source, render=render)


def _linked(kept: Kept, files: Files) -> Iterator[tuple[File, dict[str, str]]]:
    for name, links in kept.links.items():
        if file := files.get_file_from_path(name):
            yield file, links


def _listen(page: Page, files: Files) -> Asked:
    """Let the page be made as ever, and remember what its links ask for."""
    asked = Asked(files)

    def render(config: MkDocsConfig, files: Files) -> None:
        Page.render(page, config, cast(Files, asked))

    vars(page).update(render=render)
    return asked


def _made(page: Page, html: str, entries: list[dict[str, Any]], asked: Asked) -> Kept:
    links = page.links_to_anchors or {}
    return Kept(
        _digest(html.encode(errors="xmlcharrefreplace")),  # as MkDocs writes it
        entries,
        dict(page.meta),
        str(page.title),
        sorted(page.present_anchor_ids or ()),
        {file.src_uri: anchors for file, anchors in links.items()},
        asked.found,
    )
