"""Korean is written with the terms of the glossary and in one register (docs/concepts/glossary.ko.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "src" / "visavis" / "console" / "messages"
GLOSSARY = ROOT / "docs" / "concepts" / "glossary.ko.md"
TEXTS = sorted(
    {
        ROOT / "README.ko.md",
        *(ROOT / "docs").rglob("*.ko.md"),
        *(MESSAGES / "ko").glob("*.toml"),
        *(MESSAGES / "reasons").glob("*.toml"),
    }
)

INSTEAD_OF = {
    "사진": "이미지",
    "시선 방향|머리 방향": "얼굴 방향",
    "키 해시": "키를 사용한 해시",
    "차가운 캐시": "비어 있는 캐시",
    "오인식률|오수락률|거짓 일치율": "타인수락률",
    "본인거부율|오거부율": "본인거부률",
    "얼굴 인증": "얼굴 검증",
    "문턱값|역치": "임계값",
    "우리 안에": "밖으로 나가지 않는",
    "무엇의 백분율이": "백분율이",
    "거절": "거부",
    r"일대일 인증|1:1 인증|인증\(1:1\)": "검증",
    "(?<!민)감도": "민감도",
    "감사 기록": "감사 로그",
    "얼굴 각도": "얼굴 방향",
    "랜드마크": "특징점",
    "벤더": "공급사",
    "저절로": "자동으로",
    "새장": "밖으로 나가지 않는",
    "[가-힣](?:세요|까요|나요|어요|아요|해요|네요|예요|이에요)(?![가-힣])": "하십시오체",
}
"""Retired words, each with what is said instead."""


PARTICLE = re.compile(r"\{\w+\}[^\w\s)]?(?:을|를|이|가|은|는|과|와|으로|로)(?![가-힣()])")


def found(text: str) -> set[str]:
    return {
        f"{match[0]}: {instead}" for words, instead in INSTEAD_OF.items() for match in re.finditer(words, text)
    }


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_word_stands_for_a_term(path: Path) -> None:
    assert found(path.read_text("utf-8")) == set()


def test_the_words_that_are_said_instead_are_in_the_glossary() -> None:
    glossary = GLOSSARY.read_text("utf-8")
    for term in (
        "이미지",
        "얼굴 방향",
        "키를 사용한 해시",
        "비어 있는 캐시",
        "타인수락률",
        "본인거부률",
        "임계값",
        "검증",
        "인증",
    ):
        assert re.search(rf"\| [^|]*{term}[^|]* \|", glossary), term


def test_both_glossaries_have_the_same_terms() -> None:
    english = GLOSSARY.with_name("glossary.md").read_text("utf-8")
    pairs = re.compile(r"^\| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
    terms = [pairs.findall(text)[2:] for text in (english, GLOSSARY.read_text("utf-8"))]
    assert len(terms[0]) > 25
    assert terms[0] == terms[1]


@pytest.mark.parametrize("path", [path for path in TEXTS if path.suffix == ".toml"], ids=lambda path: path.stem)
def test_no_particle_fits_only_some_of_the_values_before_it(path: Path) -> None:
    """을 or 를, and the like, depend on how a value ends: 을(를), or a word between the two."""
    korean = re.sub(r"\{rarity\}이", "", path.read_text("utf-8"))  # each rarity is a sentence of compare.toml
    assert PARTICLE.findall(korean) == []
    assert PARTICLE.findall("{name}를 삭제합니다. {0}을(를) 삭제합니다. {name} 그룹을 삭제합니다.") == ["{name}를"]


@pytest.mark.parametrize("sentence", ["다시 시도하세요.", "삭제할까요?", "사진을 고르십시오.", "시선 방향"])
def test_a_retired_word_is_noticed(sentence: str) -> None:
    assert found(sentence)
