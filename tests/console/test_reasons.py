"""Every reason that the code can give for an error is in the Korean table, and the console shows it in Korean."""

from __future__ import annotations

import re
from typing import cast

import pytest
from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

from tests.console.reasons_of_code import Reasons as ReasonsOfCode
from visavis.api.dialect import plain
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.console.reasons import read_reasons
from visavis.types import QualityDefect
from visavis.web.parameters import Parameters, _invalid

CODE = ReasonsOfCode()
KOREAN = read_reasons("ko")

PASSED_ON = {
    ("api/previews.py", "images.too_large(len(sent.data), dialect.max_image_bytes)"),
    ("console/pages/compare.py", "pairs.of_largest(_THRESHOLD).detail"),
    ("core/collections.py", "policy.incomparable(face, group.settings.min_comparability)"),
    ("core/enrolment.py", "policy.NO_FACE"),
    ("core/groups.py", "error.detail"),
    ("fetch/connector.py", "self._refusal(target, found)"),
    ("fetch/deadline.py", "self.sentence"),
    ("fetch/webhook_sender.py", "error.detail[:1].upper() + error.detail[1:].removesuffix('.') + '.'"),
    ("vision/decode.py", "container.rare_kind"),
    ("vision/pool/messages.py", "detail"),
}
"""Arguments that a function of another module makes; what it makes is in `ELSEWHERE` or raised there too."""

ELSEWHERE = {
    "The image file has {} bytes; the limit is {}.",
    "The face is too poor to be compared: it is {}.",
    "Whether the face can be compared could not be measured.",
    "{} took longer than {} seconds",
    "the host of {} is not at a public address",
    "the host of {} is at an address that is neither public nor in VISAVIS_WEBHOOK__ALLOW_NETWORKS",
    "{} must begin with https:// unless its host is in VISAVIS_WEBHOOK__ALLOW_NETWORKS",
    "HTTP status {}.",
    "HTTP status {}: redirects are not followed.",
    "a JPEG with {} bits per colour",
    "a JPEG of the rare kind {}",
}

ONLY_VALUES = {
    "": [],
    "{}.": ["An app named 'door' already exists."],
    "{}: {}.": ["The request: Exactly one of url and bytes must be given.", "Parameter 'limit': Field required."],
    "{} is given more than once.": ["Parameter 'limit' is given more than once."],
    "{} image: {}": ["Source image: The image bytes are empty.", "Target image: The image bytes are empty."],
}
"""Templates with next to no words of their own, and what is made of them."""


def is_korean(sentence: str | None) -> bool:
    return sentence is not None and re.search("[가-힣]", sentence) is not None


def test_every_reason_in_the_source_is_in_the_table() -> None:
    missing = (CODE.templates | ELSEWHERE) - KOREAN.sentences.keys() - ONLY_VALUES.keys()
    assert missing == set(), "add them to src/visavis/console/messages/reasons/ko.toml"


def test_no_reason_is_made_where_this_test_cannot_see_it() -> None:
    assert {(each.where, each.code) for each in CODE.unknown} == PASSED_ON


@pytest.mark.parametrize("sentence", [each for made in ONLY_VALUES.values() for each in made])
def test_what_is_made_of_values_is_translated(sentence: str) -> None:
    assert is_korean(KOREAN(sentence))


@pytest.mark.parametrize("template", sorted(CODE.templates | ELSEWHERE))
def test_a_reason_is_found_as_the_wire_gives_it(template: str) -> None:
    """With a capital letter and a full stop, unless it is cut off."""
    if template in ONLY_VALUES:
        return
    sentence = template.replace("{}", "7")
    assert is_korean(KOREAN(sentence))
    assert is_korean(KOREAN(plain(sentence)))


def test_a_sentence_uses_the_values_that_its_template_has() -> None:
    for template, sentence in KOREAN.sentences.items():
        assert set(re.findall(r"\{(\d)\}", sentence)) == {str(n) for n in range(template.count("{}"))}, template


@pytest.mark.parametrize("defect", QualityDefect)
def test_the_defect_of_a_picture_is_named_in_korean(defect: QualityDefect) -> None:
    poor = KOREAN(f"The face is too poor to be compared: it is {defect}.")
    low = KOREAN(f"The quality of the face is 12.3; at least 40 is required, and it is {defect}.")
    assert poor is not None
    assert low is not None
    assert not re.search("[a-z]{3}", poor + low)
    assert "12.3" in low


def test_a_reason_within_a_reason_is_translated_too() -> None:
    given = "Target image: The image is truncated or corrupt: a checksum is wrong."
    assert KOREAN(given) == "대상 이미지: 이미지가 잘렸거나 손상되었습니다: 체크섬이 틀림."


def test_values_stay_as_they_are() -> None:
    assert KOREAN("The group has 12 faces; the limit is 100.") == "그룹에 얼굴이 12개 있으며, 한도는 100개입니다."


def test_what_is_not_in_the_table_is_not_made_up() -> None:
    assert KOREAN("Something that nobody wrote.") is None
    assert read_reasons("en")("The app has been deleted.") is None


WRONG = ["", "x" * 300, "\0", "x y", -1, 0, 10**9, 0.5, True, [], {}, b"", b"x", None, "nonsense"]
SCHEMAS = sorted(
    {
        schema
        for dialect in (V2, V2_1, V1, PLUS, SEARCHFACE)
        for operation in dialect.operations
        for schema in (operation.schema, operation.form)
        if schema
    },
    key=lambda schema: f"{schema.__module__}.{schema.__name__}",
)


def refusals(schema: type[Parameters]) -> set[str]:
    """What is said of every wrong value of every parameter."""
    said = set()
    for name, _, _ in schema.wire_fields():
        for value in WRONG:
            try:
                schema.model_validate({name: value})
            except ValidationError as error:
                for each in error.errors():
                    one = ValidationError.from_exception_data("x", [_line(each)])
                    said.add(_invalid(one, set()).detail)
    return said


def _line(error: ErrorDetails) -> InitErrorDetails:
    return cast("InitErrorDetails", {key: error[key] for key in ("type", "loc", "input", "ctx") if key in error})


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_what_is_said_of_wrong_parameters_is_korean(schema: type[Parameters]) -> None:
    said = refusals(schema)
    untranslated = {sentence for sentence in said if not is_korean(KOREAN(sentence))}
    in_english = {s for s in said if re.search(r"(should|must|required)", KOREAN(s) or "should")}
    assert untranslated | in_english == set()
