"""Both catalogues say the same things, and nothing is said outside of them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment

import visavis.console
from visavis.api.admin.routes import all_routes
from visavis.app.services import DIALECTS
from visavis.audit_events import ActorKind, Effect
from visavis.console.i18n import LANGUAGES, Catalogue, preferred, read_catalogues
from visavis.console.reasons import detail_in
from visavis.console.routes import ROUTES
from visavis.errors import AccountErrorCode, ErrorCode
from visavis.identities import AppRole, Role
from visavis.types import GroupSettings

HOME = Path(visavis.console.__file__).parent
TEMPLATES = sorted((HOME / "templates").glob("*.html"))
CATALOGUES = read_catalogues()
SPOKEN = {"alt", "aria-label", "content", "label", "placeholder", "title"}
"""Attributes that people read or hear."""


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_messages_with_the_same_values_in_them(language: str) -> None:
    english, other = CATALOGUES["en"].messages, CATALOGUES[language].messages
    assert other.keys() == english.keys()
    assert {key for key in english if placeholders(english[key]) != placeholders(other[key])} == set()
    assert {key for key, message in other.items() if not message.strip()} == set()


def test_korean_is_korean() -> None:
    of_all_languages = {"ui.product"}
    korean = CATALOGUES["ko"].messages
    latin = {key for key, message in korean.items() if not re.search("[가-힣]", message)}
    assert latin <= of_all_languages


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=LANGUAGES)
def test_there_are_words_for_every_error_and_every_role(words: Catalogue) -> None:
    needed = {f"error.{code}" for code in ErrorCode} | {f"account_error.{reason}" for reason in AccountErrorCode}
    needed |= {f"role.{role.name.lower()}" for role in (*Role, *AppRole)}
    needed |= {f"role.about.{role}" for role in (*AppRole, Role.ADMINISTRATOR)}
    assert needed <= words.messages.keys()


def written_operations() -> set[str]:
    """What the source passes, as text, to any parameter called `operation`."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(Path(visavis.__file__).parent.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    positions: dict[str, set[int]] = defaultdict(set)
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            positions[node.name] |= {names.index("operation")} if "operation" in names else set()
    texts: set[str] = set()
    for call in nodes:
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            passed = [each.value for each in call.keywords if each.arg == "operation"]
            passed += [call.args[at] for at in positions[name] if at < len(call.args)]
            for each in passed:
                choices = [each.body, each.orelse] if isinstance(each, ast.IfExp) else [each]
                texts |= {str(choice.value) for choice in choices if isinstance(choice, ast.Constant)}
    return {text for text in texts if text.isidentifier()}


def recorded_operations() -> set[str]:
    """Every operation that the tables name, and those that the source writes to the audit log by name."""
    named = {operation.name for dialect in DIALECTS for operation in dialect.operations}
    named |= {route.name for route in all_routes()} | {route.does for route in ROUTES if route.does}
    return named | written_operations()


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=LANGUAGES)
def test_there_are_words_for_every_operation_of_the_audit_log(words: Catalogue) -> None:
    operations = recorded_operations()
    assert {"delete_again", "invite_user", "move_person", "read_audit", "use_recovery_code"} <= operations
    needed = {f"audit.does.{name}" for name in operations} | {f"audit.actor.{kind}" for kind in ActorKind}
    needed |= {f"audit.actors.{kind}" for kind in ActorKind} | {
        f"audit.effect.{each.name.lower()}" for each in Effect
    }
    assert needed - words.messages.keys() == set()


@pytest.mark.parametrize(
    ("detail", "korean"),
    [
        ("user Kim, Ines: operator", "사용자 Kim, Ines: 운영자"),
        ("liveness: True, similarity: 95.0", "라이브니스 검사: 켬, 최소 유사도: 95.0"),
        ("dialects off: v1, v2", "꺼진 프로토콜: v1, v2"),
        ("user access key k: apps a, b; tokens for 600 s", "사용자 액세스 키 k: 앱 a, b, 토큰 유효 시간 600초"),
        ("with it the user access keys a, b", "이 앱에만 쓰이던 사용자 액세스 키도 함께 삭제: a, b"),
        ("to gate.example", "받는 곳 gate.example"),
        ("the secret before it signs no more", "이전 비밀 키의 서명은 바로 중지"),
        ("its receiver answered 410", "받는 서버가 410으로 응답"),
        ("something of another version", None),
    ],
)
def test_details_of_the_audit_log_are_told_in_korean(detail: str, korean: str | None) -> None:
    assert detail_in("ko", detail) == korean
    assert detail_in("en", detail) is None


def test_every_setting_of_a_group_has_a_korean_name_in_the_audit_log() -> None:
    assert [each.name for each in fields(GroupSettings) if not detail_in("ko", f"{each.name}: 1")] == []


class _Spoken(HTMLParser):
    """What a template says by itself, and not by a message."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said += re.findall(r"[^\W\d_]{2,}", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN and not (tag == "meta" and name == "content"):
                self.said += re.findall(r"[^\W\d_]{2,}", value or "")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    source = template.read_text("utf-8")
    # Commands are the same in every language.
    source = re.sub(r"<code>.*?</code>", "", source)
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    spoken = _Spoken()
    spoken.feed(source)
    assert spoken.said == []


@pytest.mark.parametrize("script", sorted((HOME / "static").glob("*.js")), ids=lambda path: path.name)
def test_a_script_has_no_sentences_of_its_own(script: Path) -> None:
    code = re.sub(r"^\s*//.*$", "", script.read_text("utf-8"), flags=re.MULTILINE)
    assert re.findall(r"""["'`][A-Z][a-z]+ [a-z]+[^"'`]*["'`]""", code) == []


def test_every_message_that_a_template_names_is_there() -> None:
    named = set()
    for template in TEMPLATES:
        source = template.read_text("utf-8")
        named |= set(re.findall(r"""\bt\(['"]([\w.]+)['"]\s*[,)]""", source))
        named |= {f"{key}.one" for key in re.findall(r"""\bt\.count\(['"]([\w.]+)['"]""", source)}
        Environment(autoescape=True).parse(source)
    assert named <= CATALOGUES["en"].messages.keys()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en-US,ko;q=0.9", "en"),
        ("fr,ko;q=0.5,en;q=0.6", "en"),
        ("fr, ko; q=0.5", "en"),
        ("KO-kr", "ko"),
        ("*", "en"),
        ("ko;q=nonsense,en;q=0.1", "en"),
    ],
)
def test_the_browsers_wishes_decide_the_language_at_first(header: str, language: str) -> None:
    assert preferred(header) == language
