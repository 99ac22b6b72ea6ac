"""From the Markdown of a lab to a Lab, or to all that is wrong with it.

Ids: E001 file, E002 front matter's bounds, E003 YAML, E004 unknown key, E005 value, E006 parameter, E007 not closed,
E008 kind of block, E009 place of a block, E010 arguments of a block, E011 heading of a task, E012 same id twice,
E013 after=, E014 check, E015 placeholder, E016 fails=, E017 commands, E018 incomplete task, E019 no task, or one in a
playground. E020 and on are of checks.py (labs/content/own.py), E030 and on of accepted mutants
(labs/content/equivalents.py). The warnings are in labs/content/lint.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graders import CheckCall
from graders.iam import InvalidPolicy
from graders.iam import parse as read_policy
from labs.content import equivalents, own, schema, yamls
from labs.content.draw import PLACEHOLDER, placeholders
from labs.content.lexer import KINDS, Arguments, Fence, Section, cut
from labs.content.lint import lint
from labs.content.model import (
    GIVEN_NAMES,
    Alternative,
    Block,
    ContentError,
    Equivalent,
    Hint,
    Lab,
    NearMiss,
    Parameter,
    Problem,
    Task,
)
from labs.content.names import Names, strings
from labs.sandboxes.runner import shell

Validate = Callable[[CheckCall], list[str]]

MAX_BYTES = 256 * 1024
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# YAML, Markdown and we must agree what a line is, and no character may hide from the author.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000\ue001\ufffe\uffff]")
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "check": ("weight", "title"),
    "expect": ("weight",),
    "solution": ("alternative", "cost"),
    "hint": ("cost",),
    "near-miss": ("fails",),
}


def parse_lab(source: str, *, slug: str, path: str, checks: str = "", validate: Validate | None = None) -> Lab:
    """Return the lab that a source describes, with `checks`, the text of its checks.py, which is read and not run.

    `path` is how the file is called in problems. `validate` returns what is wrong with a call of a check, a sentence
    each; where one is given, the lab was valid once, and checks.py is not judged again. Raises ContentError with every
    mistake of both files; warnings are in `Lab.warnings`.
    """
    return _Parser(source, slug, path, checks, validate).lab()


def too_large(path: str) -> Problem:
    """Return the problem of a file that is larger than MAX_BYTES."""
    return Problem(path, 0, "labs.E001", f"is larger than {MAX_BYTES // 1024} KiB", "keep large files out of a lab")


class _Parser:
    """One pass over one file; every mistake goes through `report`."""

    def __init__(self, source: str, slug: str, path: str, checks: str, validate: Validate | None) -> None:
        self.source, self.slug, self.path, self.checks = source, slug, path, checks
        self.own_path = f"{path.rpartition('/')[0] or '.'}/{own.FILE}"
        self.own = own.read_own(checks, self.own_path)
        self.validate: Validate = validate or (lambda call: own.mistakes(call, self.own))
        self.problems: list[Problem] = []
        self.own_problems = [] if validate else self.own.problems
        self.names = Names(self.report)

    def report(self, line: int, id: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.path, line, id, message, hint))

    def lab(self) -> Lab:
        text = self.source.removeprefix("\ufeff").replace("\r\n", "\n")
        self.check_file(text)
        if self.problems:
            raise ContentError(self.problems)
        parts = cut(text, self.report)
        front, front_lines = self.front_matter(parts.front_matter)
        intro, *sections = parts.sections
        start = self.intro(intro)
        tasks = self.tasks(sections)
        playground = front is not None and front.level == "playground"
        if not sections and parts.front_matter is not None and not playground:
            self.report(0, "labs.E019", "has no task", "write ## Title {#id points=5}")
        if sections and playground:
            self.report(sections[0].line, "labs.E019", "a playground has no tasks", "use ### for headings in its text")
        if front is None or self.problems or any(not one.is_warning for one in self.own_problems):
            raise ContentError(sorted({*self.problems, *self.own_problems}))
        unused = [name for name in front.parameters if name not in self.names.used]
        lines = [(name, front_lines.line(("parameters", name))) for name in unused]
        lint(level=front.level, unused=lines, tasks=tasks, report=self.report)
        used = {call.name for task in tasks for call in task.checks}
        self.problems += [*self.own_problems, *own.unused(self.own, used, self.own_path)]
        return Lab(
            slug=self.slug,
            title=front.title,
            summary=front.summary,
            level=front.level,
            minutes=front.minutes,
            services=front.services,
            region=front.region,
            parameters={
                name: Parameter(pattern=drawn) if isinstance(drawn, str) else Parameter(one_of=drawn.one_of)
                for name, drawn in front.parameters.items()
            },
            principal=front.principal,
            intro=_text(intro),
            start=start,
            tasks=tuple(tasks),
            revision=own.revision(self.source, self.checks),
            source=self.source,
            checks_source=self.checks,
            own_checks=self.own.checks,
            covers=front.covers,
            path=self.path,
            warnings=tuple(sorted(self.problems)),
        )

    def check_file(self, text: str) -> None:
        if not _SLUG.fullmatch(self.slug):
            self.report(0, "labs.E001", f"{self.slug!r} cannot be a lab's name", "use small letters, digits and -")
        if len(text.encode(errors="replace")) > MAX_BYTES:
            self.problems.append(too_large(self.path))
        elif match := _UNPRINTABLE.search(text):
            line = text.count("\n", 0, match.start()) + 1
            self.report(line, "labs.E001", f"the character U+{ord(match[0]):04X} cannot stand in a lab", "remove it")

    # --- front matter

    def front_matter(self, text: str | None) -> tuple[schema.FrontMatter | None, yamls.Document]:
        if text is None:
            return None, yamls.Document()
        document = self.yaml(text, 2)
        if document.mistakes:
            return None, document
        front, mistakes = schema.read(document)
        for mistake in mistakes:
            self.report(*mistake)
        if isinstance(document.value, dict) and isinstance(document.value.get("parameters", {}), dict):
            self.names.known = {str(name) for name in document.value.get("parameters", {})} | set(GIVEN_NAMES)
        for key, value in document.value.items() if isinstance(document.value, dict) else ():
            if key == "principal":
                self.names.check_value(value, document, (key,))
                if isinstance(value, dict):
                    self.check_principal(value, document.line((key,)))
            elif any(True for _, text in strings(value) for _ in placeholders(text)):
                self.report(
                    document.line((key,)),
                    "labs.E015",
                    f"{key} is the same for everybody",
                    "{{ … }} is for the text below",
                )
        return front, document

    def check_principal(self, policy: dict[str, Any], line: int) -> None:
        """A policy that AWS would not store would leave the learner with no rights at all."""
        try:
            read_policy(policy, "identity")
        except InvalidPolicy as error:
            for reason in error.reasons:
                self.report(
                    line, "labs.E032", f"principal is no IAM policy: {reason}", "see `principal` in docs/author.md"
                )

    def yaml(self, text: str, line: int) -> yamls.Document:
        document = yamls.load(text, line)
        for number, message, hint in document.mistakes:
            self.report(number, "labs.E003", message, hint)
        return document

    # --- sections

    def intro(self, section: Section) -> tuple[Block, ...]:
        self.names.check_lines(section.lines)
        for fence in section.fences:
            if self.known_kind(fence) and fence.kind != "start":
                hint = "write it below a task's heading ## Title {#id points=5}"
                self.report(fence.line, "labs.E009", f"{_a(fence.kind)} block belongs to a task", hint)
        start = [self.block(fence) for fence in section.fences if fence.kind == "start"]
        self.check_commands(start)
        return tuple(start)

    def tasks(self, sections: list[Section]) -> list[Task]:
        tasks: list[Task] = []
        lines: dict[str, int] = {}
        ids = [self.heading(section) for section in sections]
        for section, (task_id, points) in zip(sections, ids, strict=True):
            if task_id in lines:
                self.report(section.line, "labs.E012", f"task {task_id} is there already", f"on line {lines[task_id]}")
            after = self.after(section, task_id, list(lines), [one for one, _ in ids])
            lines.setdefault(task_id, section.line)
            tasks.append(self.task(section, task_id, points, after))
        self.check_fails(sections, tasks)
        return tasks

    def heading(self, section: Section) -> tuple[str, float]:
        arguments = section.attributes
        example = "write ## Title {#id points=5}"
        self.names.check(section.title or "", section.line)
        if not section.title:
            self.report(section.line, "labs.E011", "a task needs a title", example)
        if arguments is None:
            self.report(
                section.line, "labs.E011", "a task needs an id and points; for a heading in the text use ###", example
            )
            return f"line-{section.line}", 1
        self.known_arguments(section.line, "labs.E011", "a task", arguments, ("points", "after", "stays"))
        ids = [word[1:] for word in arguments.words if word.startswith("#")]
        for word in (*arguments.texts, *(word for word in arguments.words if not word.startswith("#"))):
            self.report(section.line, "labs.E011", f"{word!r} means nothing in a task's heading", example)
        if len(ids) != 1 or not _SLUG.fullmatch(ids[0]):
            self.report(section.line, "labs.E011", "a task needs one id of small letters, digits and -", example)
        points = self.number(arguments, "points", section.line, "labs.E011", None)
        return (ids[0] if ids else f"line-{section.line}"), points

    def number(self, arguments: Arguments, key: str, line: int, id: str, default: float | None) -> float:
        written = arguments.values.get(key)
        if written is None and default is not None:
            return default
        if written is None:
            self.report(line, id, f"{key} is missing", f"write {key}=5")
            return 1
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", written) or float(written) <= 0:
            self.report(line, id, f"{key} must be a number above 0, not {written!r}", f"write {key}=5")
            return 1
        return float(written)

    def after(self, section: Section, task_id: str, earlier: list[str], all_ids: list[str]) -> tuple[str, ...]:
        written = section.attributes.values.get("after", "") if section.attributes else ""
        names = tuple(dict.fromkeys(name for name in re.split(r"[,\s]+", written) if name))
        for name in names:
            if name in earlier:
                continue
            if name == task_id or name not in all_ids:
                hint = schema.nearest(name, earlier) or f"earlier tasks are {', '.join(earlier) or 'none'}"
                self.report(section.line, "labs.E013", f"after={name}: there is no such earlier task", hint)
            else:
                self.report(section.line, "labs.E013", f"after={name}: that task comes later", "put it before this one")
        return names

    def stays(self, section: Section) -> bool:
        written = section.attributes.values.get("stays", "no") if section.attributes else "no"
        if written not in ("yes", "no"):
            hint = "stays=yes: what was passed once must still be so; leave it out elsewhere"
            self.report(section.line, "labs.E011", f"stays={written} is neither yes nor no", hint)
        return written == "yes"

    def cost(self, fence: Fence) -> float:
        return self.number(fence.arguments, "cost", fence.line, "labs.E010", 0.0)

    def task(self, section: Section, task_id: str, points: float, after: tuple[str, ...]) -> Task:
        self.names.check_lines(section.lines)
        checks: list[CheckCall] = []
        hints: list[Hint] = []
        near_misses: list[NearMiss] = []
        accepted: list[Equivalent] = []
        solutions: list[Block] = []
        alternatives: dict[str, list[Block]] = {}
        solution_cost = 0.0
        for fence in section.fences:
            if not self.known_kind(fence):
                continue
            match fence.kind:
                case "start":
                    hint = "write it above the first ## heading"
                    self.report(fence.line, "labs.E009", "a start block belongs to the introduction", hint)
                case "check" | "expect":
                    checks += self.check(fence)
                case "hint":
                    hints.append(self.hint(fence))
                case "near-miss":
                    near_misses.append(self.near_miss(fence))
                case "equivalent":
                    self.names.check_lines(enumerate(fence.lines, fence.line + 1))
                    accepted += equivalents.read(fence, accepted, self.report)
                case _ if "alternative" in fence.arguments.values:
                    alternatives.setdefault(self.alternative(fence), []).append(self.block(fence))
                case _:
                    solutions.append(self.block(fence))
                    solution_cost += self.cost(fence)
        self.check_commands(solutions)
        for blocks in (*alternatives.values(), *(near_miss.blocks for near_miss in near_misses)):
            self.check_commands(blocks)
        if not checks:
            self.report(section.line, "labs.E018", f"task {task_id} has no check", "write ~~~check or ~~~expect")
        if not solutions:
            self.report(
                section.line, "labs.E018", f"task {task_id} has no solution", "write ~~~solution: it proves the task"
            )
        return Task(
            id=task_id,
            title=section.title or "",
            points=points,
            after=after,
            text=_text(section),
            checks=tuple(checks),
            hints=tuple(hints),
            solutions=tuple(solutions),
            alternatives=tuple(
                Alternative(name, tuple(blocks), blocks[0].line - 1) for name, blocks in alternatives.items()
            ),
            near_misses=tuple(near_misses),
            line=section.line,
            equivalents=tuple(accepted),
            stays=self.stays(section),
            solution_cost=solution_cost,
        )

    # --- blocks

    def known_kind(self, fence: Fence) -> bool:
        if fence.kind in KINDS:
            allowed = _ARGUMENTS.get(fence.kind, ())
            self.known_arguments(fence.line, "labs.E010", f"{_a(fence.kind)} block", fence.arguments, allowed)
            return True
        if not fence.kind:
            self.report(fence.line, "labs.E008", "a block without a kind", f"write ~~~ and one of {', '.join(KINDS)}")
        else:
            hint = schema.nearest(fence.kind, KINDS) or "write ordinary code with ```"
            self.report(fence.line, "labs.E008", f"{fence.kind} is not a kind of block", hint)
        return False

    def known_arguments(self, line: int, id: str, what: str, arguments: Arguments, allowed: Sequence[str]) -> None:
        for key in arguments.values:
            if key not in allowed:
                known = f"known are {', '.join(allowed)}" if allowed else "it has none"
                self.report(line, id, f"{key}= is not known for {what}", schema.nearest(key, allowed) or known)
        for key in arguments.twice:
            self.report(line, id, f"{key}= is written twice")

    def no_words(self, fence: Fence, words: Iterable[str]) -> None:
        for word in words:
            self.report(fence.line, "labs.E010", f"{word!r} means nothing after {fence.kind}", "leave it out")

    def check(self, fence: Fence) -> list[CheckCall]:
        arguments = fence.arguments
        weight = self.number(arguments, "weight", fence.line, "labs.E010", 1.0)
        if fence.kind == "expect":
            name, title = "expect", (arguments.texts or [""])[0]
            self.no_words(fence, (*arguments.words, *arguments.texts[1:]))
            if not title:
                self.report(fence.line, "labs.E010", "expect needs a title", 'write ~~~expect "Versioning is on"')
        else:
            name, title = (arguments.words or [""])[0], arguments.values.get("title", "")
            self.no_words(fence, (*arguments.words[1:], *arguments.texts))
            if not name:
                self.report(fence.line, "labs.E010", "check needs a name", "write ~~~check s3.bucket_is_private")
                return []
        self.names.check(title, fence.line)
        document = self.yaml(fence.text, fence.line + 1)
        if document.mistakes:
            return [CheckCall(name=name, title=title, weight=weight, line=fence.line)]
        parameters = {} if document.value is None else document.value
        if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
            self.report(
                fence.line + 1, "labs.E003", f"the parameters of {name} are not a mapping", "write `key: value` lines"
            )
            return []
        self.names.check_value(parameters, document)
        call = CheckCall(name=name, parameters=parameters, title=title, weight=weight, line=fence.line)
        for sentence in self.validate(call):
            keys = (key for key in parameters if re.search(rf"\b{re.escape(key)}\b", sentence))
            line = next((document.line((key,)) for key in keys), fence.line)
            self.report(line, "labs.E014", sentence.removesuffix("."))
        return [call]

    def hint(self, fence: Fence) -> Hint:
        self.no_words(fence, (*fence.arguments.words, *fence.arguments.texts))
        self.not_empty(fence)
        self.names.check_lines(enumerate(fence.lines, fence.line + 1))
        return Hint(fence.text.strip(), fence.line + 1, self.cost(fence))

    def near_miss(self, fence: Fence) -> NearMiss:
        written = fence.arguments.values.get("fails", "")
        fails = tuple(name.strip() for name in written.split(",") if name.strip())
        if not fails:
            hint = "write ~~~near-miss fails=s3.bucket_is_private"
            self.report(fence.line, "labs.E016", "a near miss must name the checks that fail", hint)
        return NearMiss(fails, (self.block(fence),), fence.line)

    def alternative(self, fence: Fence) -> str:
        name = fence.arguments.values["alternative"]
        if not name:
            self.report(fence.line, "labs.E010", "the alternative needs a name", 'write alternative="by CIDR"')
        return name

    def block(self, fence: Fence) -> Block:
        words = [*fence.arguments.words, *fence.arguments.texts]
        if words:
            hint = 'a block runs AWS CLI commands; another right way is alternative="…"'
            self.report(fence.line, "labs.E010", f"{words[0]!r} means nothing after {fence.kind}", hint)
        self.not_empty(fence)
        self.names.check_lines(enumerate(fence.lines, fence.line + 1))
        return Block("sh", fence.text, fence.line + 1)

    def not_empty(self, fence: Fence) -> None:
        if not fence.text.strip():
            self.report(fence.line, "labs.E017", f"the {fence.kind} block is empty", "write something, or remove it")

    def check_commands(self, blocks: Sequence[Block]) -> None:
        """Blocks that run one after the other share their variables."""
        known: set[str] = set()
        for block in blocks:
            try:
                # A value has no blanks around it, as {{ name }} has
                undefined = shell.undefined(shell.parse(PLACEHOLDER.sub("x", block.text), block.line), known)
            except shell.ShellError as error:
                self.report(error.line, "labs.E017", error.message, error.remedy)
                continue
            if undefined:
                line, name = undefined
                hint = schema.nearest(name, known) or f"write {name}=$(aws …) before"
                self.report(line, "labs.E017", f"${name} has no value", hint)

    def check_fails(self, sections: list[Section], tasks: list[Task]) -> None:
        """A near miss may name the checks of its own task, and of the tasks before it."""
        known: set[str] = set()
        for task in tasks:
            known |= {name for check in task.checks for name in (check.name, check.title) if name and name != "expect"}
            own = {name for check in task.checks for name in (check.name, check.title)}
            for near_miss in task.near_misses:
                for name in near_miss.fails:
                    if name not in known:
                        hint = schema.nearest(name, known) or f"known here are {', '.join(sorted(known)) or 'none'}"
                        self.report(
                            near_miss.line, "labs.E016", f"fails={name}: no check up to here has that name", hint
                        )
                if near_miss.fails and set(near_miss.fails) <= known - own:
                    self.report(
                        near_miss.line, "labs.E016", f"no check of task {task.id} fails", "move the block to its task"
                    )


def _a(kind: str) -> str:
    return f"{'an' if kind.startswith('e') else 'a'} {kind}"


def _text(section: Section) -> str:
    """Return the learner's Markdown: all lines that belong to no block, blank lines never more than one in a row."""
    kept: list[str] = []
    in_code = False
    for _, line in section.lines:
        in_code ^= line.lstrip(" \t>").startswith("```")
        if line.strip() or in_code or (kept and kept[-1].strip()):
            kept.append(line)
    return "\n".join(kept).strip("\n")
