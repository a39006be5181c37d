"""Values that break a parameter's rule, and values at its edges that keep it."""

from __future__ import annotations

from typing import Any

from . import pictures
from .calls import ABSENT
from .tables import Parameter


def bad_values(parameter: Parameter) -> dict[str, Any]:
    """What must be refused, by a name for each."""
    spelt = parameter.place != "json"
    match parameter.type:
        case "int":
            bad = _bad_text_integers(parameter) if spelt else _bad_json_integers(parameter)
        case "bool":
            bad = _BAD_TEXT_BOOLEANS if spelt else _BAD_JSON_BOOLEANS
        case "string":
            bad = _bad_strings(parameter)
        case "choice":
            bad = _bad_choices(parameter)
        case "image":
            bad = _BAD_IMAGES
        case "file":
            bad = {"text in place of a file": "just words"}
        case "url":
            bad = {"beside the file": "https://example.org/a.jpg"}
        case _:
            bad = {}
    if parameter.place == "form" and parameter.type != "file":
        bad = {**bad, "file in place of text": b"3"}
    if not parameter.required:
        return bad
    return {**_missing(parameter), **bad}


def good_values(parameter: Parameter) -> dict[str, Any]:
    """What must be accepted, by a name for each."""
    spelt = parameter.place != "json"
    match parameter.type:
        case "int":
            edges = {"lowest": parameter.min, "highest": parameter.max}
            good: dict[str, Any] = {name: str(edge) if spelt else edge for name, edge in edges.items()}
        case "bool":
            words = {word: word for word in ("true", "false", "True", "FALSE", "tRuE")}
            good = words if spelt else {"true": True, "false": False}
        case "string":
            good = _good_strings(parameter)
        case "choice":
            good = {choice: choice for choice in parameter.choices}
        case "image":
            good = _good_images()
        case "file":
            good = {"PNG": pictures.as_png(pictures.portrait()), "JPEG": pictures.portrait()}
        case _:
            good = {}
    if parameter.required:
        return good
    return {**good, "absent": ABSENT, **({} if spelt else {"null": None})}


def _missing(parameter: Parameter) -> dict[str, Any]:
    if parameter.place == "path":
        return {}
    return {"missing": ABSENT, **({"null": None} if parameter.place == "json" else {})}


def _bad_json_integers(parameter: Parameter) -> dict[str, Any]:
    return {
        "below the range": parameter.min - 1,
        "above the range": parameter.max + 1,
        "negative": -parameter.min,
        "quoted": str(parameter.example),
        "fraction": parameter.example + 0.5,
        "boolean": True,
        "array": [parameter.example],
        "object": {},
        "beyond 64 bits": 10**30,
    }


def _bad_text_integers(parameter: Parameter) -> dict[str, Any]:
    return {
        "below the range": str(parameter.min - 1),
        "above the range": str(parameter.max + 1),
        "negative": str(-parameter.min),
        "empty": "",
        "word": "many",
        "fraction": f"{parameter.example}.5",
        "trailing line end": f"{parameter.example}\n",
        "trailing letter": f"{parameter.example}x",
        "exponent": "1e1",
        "hexadecimal": "0x10",
        "underscore": "1_0",
        "inner space": "1 0",
        "full-width digits": "\uff11\uff10",
        "arabic digits": "\u0661\u0660",
        "boolean": "true",
        "beyond 64 bits": str(10**30),
        "beyond the digits Python reads": "1" * 5000,
    }


_BAD_JSON_BOOLEANS: dict[str, Any] = {
    "quoted": "true",
    "word": "maybe",
    "one": 1,
    "zero": 0,
    "array": [True],
    "object": {},
}

_BAD_TEXT_BOOLEANS: dict[str, Any] = {
    "word": "maybe",
    "one": "1",
    "zero": "0",
    "yes": "yes",
    "on": "on",
    "empty": "",
}

_PATH_SYNTAX = "/."
"""Characters that change which path a request names."""

_FOREIGN = (" ", "_", "/", "\\", "!", "\n", "\u00e4", "\u0130", "\uac00", "\x00", "A", ".", "%")
"""Characters of which every alphabet of the documents leaves some out."""


def _bad_strings(parameter: Parameter) -> dict[str, Any]:
    if not parameter.pattern:
        return {}
    alphabet = allowed(parameter)
    strings = {
        f"{position} U+{ord(char):04X}": text
        for char in _FOREIGN
        if char not in alphabet and not (parameter.place == "path" and char in _PATH_SYNTAX)
        for position, text in (("alone", char), ("after", f"a{char}"), ("before", f"{char}a"))
    }
    bad: dict[str, Any] = {**strings, "too long": "a" * (parameter.max_length + 1)}
    if parameter.place != "path":
        bad["empty"] = ""
    return bad


def _bad_choices(parameter: Parameter) -> dict[str, Any]:
    first = parameter.choices[0]
    bad: dict[str, Any] = {
        "none of them": "lenient",
        "upper case": first.upper(),
        "space": f"{first} ",
        "empty": "",
    }
    if parameter.place == "json":
        bad |= {"number": 1, "boolean": True, "array": [first], "object": {}}
    return bad


def not_strings(parameter: Parameter) -> dict[str, Any]:
    """JSON values that are no strings, or no text."""
    if parameter.place != "json" or parameter.type != "string":
        return {}
    return {"number": 7, "boolean": True, "array": ["a"], "object": {}, "lone surrogate": "a\ud800"}


def _good_strings(parameter: Parameter) -> dict[str, Any]:
    if not parameter.pattern:
        return {}
    alphabet = allowed(parameter)
    return {
        "whole alphabet": alphabet,
        "one character": alphabet[0],
        "longest": "z" * parameter.max_length,
        "punctuation first": alphabet[-1] + "a",
    }


def allowed(parameter: Parameter) -> str:
    """The characters of a pattern like `[a-z0-9_-]`, in its order."""
    inside = parameter.pattern.removeprefix("[").removesuffix("]")
    characters, index = "", 0
    while index < len(inside):
        if inside[index + 1 : index + 2] == "-" and index + 2 < len(inside):
            characters += "".join(chr(code) for code in range(ord(inside[index]), ord(inside[index + 2]) + 1))
            index += 3
        else:
            characters += inside[index]
            index += 1
    return characters


_BAD_IMAGES: dict[str, Any] = {
    "empty object": {},
    "neither source": {"format": "PNG"},
    "both sources": {"url": "http://127.0.0.1:10000/a.png", "bytes": "AAAA"},
    "both null": {"url": None, "bytes": None},
    "string": "AAAA",
    "number": 7,
    "boolean": True,
    "array": [],
    "array of the object": [{"bytes": "AAAA"}],
    "url a number": {"url": 7},
    "url an object": {"url": {}},
    "bytes a number": {"bytes": 7},
    "bytes an array": {"bytes": ["AAAA"]},
    "bytes a boolean": {"bytes": True},
}


def _good_images() -> dict[str, Any]:
    text = pictures.in_base64(pictures.portrait())
    lines = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    return {
        "null url beside bytes": {"url": None, "bytes": text},
        "unknown member beside bytes": {"bytes": text, "format": "JPEG"},
        "white space in bytes": {"bytes": f" \t{lines}\r\n\f "},
    }
