"""YAML whose mistakes can be told with their line: settings, profiles and rule files are read through here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from connectors.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class LinedYaml:
    """A parsed document and the line of every key and list item."""

    path: Path
    data: Any
    lines: dict[Location, int] = field(default_factory=dict)

    def at(self, *location: str | int) -> str:
        """`file:line` of a key, or of the nearest one above it that exists."""
        found: Location = ()
        for step in location:
            if (*found, step) in self.lines:
                found = (*found, step)
            elif not isinstance(step, int):  # a model may count an item where the file writes it without a list
                break
        return f"{self.path}:{self.lines.get(found, 1)}"

    def written(self, location: Location, value: Any) -> Any:
        """`value` as an error may show it: what the file itself says where a ${VARIABLE} stands there, since what
        fills one may be a secret."""
        found = self.data
        for step in location:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return value
        return found if "${" in str(found) else value


def read_yaml(path: Path) -> LinedYaml:
    """Raises SettingsError with file and line where the text is no YAML, or a key stands twice."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise SettingsError("no such file", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"not UTF-8 at byte {error.start}", where=str(path), mend="save the file as UTF-8"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "not YAML"
        raise SettingsError(
            f"not YAML: {problem}", where=where, mend="check quotes, colons and indentation on that line"
        ) from None
    lines: dict[Location, int] = {(): 1}
    if node is None:
        return LinedYaml(path, {}, lines)
    _note_lines(node, (), lines, path)
    return LinedYaml(path, _construct(node), lines)


def explain(
    model: type[Model], data: Any, document: LinedYaml, mistakes: list[str], prefix: Location = ()
) -> Model | None:
    """Validate `data`; append one line a mistake (file:line: key: what; allowed; mend) and return None on any."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for problem in error.errors():
            location = tuple(prefix) + tuple(problem["loc"])
            key = ".".join(map(str, location)) or "the file"
            mistakes.append(f"{document.at(*location)}: {key}: {_say(problem, model, len(prefix), document, location)}")
        return None


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean x?)` or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _say(problem: Any, model: type[BaseModel], skip: int, document: LinedYaml, location: Location) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    found = repr(document.written(location, problem["input"]))
    if kind == "extra_forbidden":
        owner = _owner(model, location[skip:-1])
        allowed = sorted(info.alias or name for name, info in owner.model_fields.items()) if owner else []
        hint = nearest(str(location[-1]), allowed)
        return f"no such key{hint}; allowed: {', '.join(allowed)}\n→ correct or delete the line"
    if kind == "missing":
        return f"missing\n→ add the line {location[-1]}: …"
    if kind == "literal_error":
        return f"{found} is not allowed; allowed: {context['expected']}\n→ use one of these"
    if kind == "value_error":
        return f"{found}: {context['error']}\n→ correct the value"
    return f"{found}: {problem['msg']}\n→ correct the value"


def _owner(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    current: Any = model
    keyed = False
    for step in location:
        if isinstance(step, int):
            continue
        fields = getattr(current, "model_fields", None)
        if keyed:  # a step of a mapping whose keys are the user's own
            keyed = False
            continue
        # A step may be called by its alias, where the key is a word of Python.
        aliases = {info.alias: name for name, info in (fields or {}).items() if info.alias}
        if fields is None or aliases.get(str(step), step) not in fields:
            return None
        annotation = fields[aliases.get(str(step), step)].annotation
        keyed = get_origin(annotation) is dict
        current = _model_inside(annotation)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _model_inside(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inside = _model_inside(argument)
        if inside is not None:
            return inside
    return None


def _construct(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _note_lines(node: yaml.Node, location: Location, lines: dict[Location, int], path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = key_node.value
            line = key_node.start_mark.line + 1
            if key in seen:
                raise SettingsError(f"the key {key} stands twice", where=f"{path}:{line}", mend="keep one of the two")
            seen.add(key)
            lines[(*location, key)] = line
            _note_lines(value_node, (*location, key), lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*location, index)] = item.start_mark.line + 1
            _note_lines(item, (*location, index), lines, path)
