"""What mkdocs has to know of these pages: they are also read where they lie, in the repository.

Files of the repository that pages link to come along into the site, under `files/`. A line that leads to a page's
twin in the other language is left out: the site has a switch for that. Korean pages that are in English say so.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()((?:\.\./)+[^)#\s]+)")
ENGLISH_ONLY = '!!! info "이 페이지는 영어로만 제공됩니다."\n'
"""What the Korean site says below the title of a page that has no translation."""
TITLE = re.compile(r"^# .+$", re.MULTILINE)
TWIN = re.compile(r"^\[(?:한국어|English)\]\(\S+\)(?: · .*)?$", re.MULTILINE)


@event_priority(-200)  # after the plugin for languages, which knows only what lies in docs/
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to outside of docs/."""
    for page in list(files.documentation_pages()):
        for _, link in LINK.findall(page.content_string):
            path = _outside(page.src_uri, link)
            uri = _copy_of(path)
            if path and (ROOT / path).is_file() and uri not in files.src_uris:
                files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Point links out of docs/ at the copies, take out lines that only tell of the other language.

    A page of the Korean site without a translation says so below its title.
    """
    here = posixpath.dirname(page.file.src_uri)

    def into_files(match: re.Match[str]) -> str:
        path = _outside(page.file.src_uri, match[2])
        return match[1] + (posixpath.relpath(_copy_of(path), here) if path else match[2])

    korean = config.plugins["i18n"].current_language == "ko"  # type: ignore[attr-defined] # the plugin's
    if korean and not page.file.src_uri.endswith(".ko.md"):
        markdown = TITLE.sub(lambda title: f"{title[0]}\n\n{ENGLISH_ONLY}", markdown, count=1)
    return LINK.sub(into_files, TWIN.sub("", markdown))


@event_priority(-200)  # after that plugin has chosen them for this page
def on_page_context(context: TemplateContext, config: MkDocsConfig, **_: object) -> TemplateContext:
    """Let the home pages lead to each other wherever the site lies, not only at the root of a host."""
    for language in config.extra.alternate:  # type: ignore[attr-defined] # where the plugin puts them
        if language["link"].startswith("/"):
            language["link"] = f".{language['link']}"
    return context


def _copy_of(path: str) -> str:
    """Where a file of the repository lies in the site: Markdown as text, since it is no page of the site."""
    return f"files/{path.removesuffix('.md')}.txt" if path.endswith(".md") else f"files/{path}"


def _outside(src_uri: str, link: str) -> str:
    """The path in the repository that a link from a page leads to, if it leads out of docs/, else nothing."""
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(src_uri), link))
    return "" if target == "docs" or target.startswith(("docs/", "..")) else target
