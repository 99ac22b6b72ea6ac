"""The parser: a cursor over a block's text."""

from __future__ import annotations

import re

from labs.sandboxes.runner.shell.script import (
    TOOLS,
    Assign,
    Aws,
    Name,
    ShellError,
    Statement,
    Text,
    Tool,
    Word,
    WriteFile,
    is_own_file,
    refuse,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_PLAIN = re.compile(r"[^\s'\"\\$`|&;<>(){}#*?\[\]~!]+")
_HEREDOC = re.compile(r"<<\s*(?:'(\w+)'|\"(\w+)\"|(\w+))")
_TARGET = re.compile(r">\s*")
_BRACES = re.compile(r"\{[^{}\s]*(,|\.\.)[^{}\s]*\}")
_OPERATORS = {
    "|": ("pipes are not supported in a lab's blocks", "use --query instead"),
    "&": ("& and && are not supported in a lab's blocks", "write one command a line; a block stops where one fails"),
    ";": ("several commands on one line are not supported", "write one command a line"),
    "<": ("< is not supported in a lab's blocks", "give the file as file://name, or write cat > name <<'EOF'"),
    ">": ("> is only supported as cat > name <<'EOF'", "leave it out: nobody sees a block's output"),
    "(": ("subshells are not supported in a lab's blocks", "write one command a line, or quote the parenthesis"),
    ")": (") without a beginning", "quote it"),
    "`": ("backticks are not supported in a lab's blocks", "write NAME=$(aws …)"),
}
_WORDS = {
    "export": "write NAME=value",
    "echo": "write cat > name <<'EOF' for a file, or leave it out",
    "sleep": "use aws … wait",
    "jq": "use --query",
    "sudo": "leave it out",
    "cd": "all files are in one directory",
    "set": "leave it out: a block stops at the first command that fails",
    "cat": "write cat > name <<'EOF'",
    "curl": "use the aws command",
    "terraform": "use the aws command",
    "python": "use the aws command",
    "python3": "use the aws command",
}
_LOOPS = {"for", "while", "until", "if", "case", "function", "do", "done", "then", "else", "fi", "esac", "{", "["}


def parse(text: str, first_line: int = 1) -> list[Statement]:
    """Return the statements of a block whose first line is line `first_line` of its file. Raises ShellError."""
    return _Parser(text, first_line).statements()


class _Parser:
    """A cursor over a block."""

    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.at = 0
        self.first_line = first_line

    # --- statements

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        while self.skip_to_statement():
            found.append(self.statement())
        return found

    def statement(self) -> Statement:
        begin, line = self.at, self.line()
        if match := _ASSIGNMENT.match(self.text, self.at):
            self.at = match.end()
            return self.assignment(match[1], begin, line)
        first = _PLAIN.match(self.text, self.at)
        command = first[0] if first else self.text[self.at]
        if command == "aws":
            self.at += len("aws")
            words = self.command_words(line, end="\n")
            return Aws(line, self.source(begin), words)
        if command == "cat" and self.is_heredoc():
            return self.heredoc(begin, line)
        if command in TOOLS:
            self.at += len(command)
            words = self.words(line, end="\n")
            return Tool(line, self.source(begin), command, words)
        if command in _LOOPS:
            raise ShellError(line, f"{command} is not supported in a lab's blocks", "write the commands out")
        if command in _OPERATORS:
            raise ShellError(line, *_OPERATORS[command])
        remedy = _WORDS.get(command, "only aws …, NAME=value, NAME=$(aws …), cat > name <<'EOF', zip and mkdir are")
        raise ShellError(line, f"{self.word_here()} is not supported in a lab's blocks", remedy)

    def assignment(self, name: str, begin: int, line: int) -> Statement:
        quote = '"' if self.text.startswith('"$(', self.at) else ""
        if self.text.startswith(quote + "$(", self.at):
            self.at += len(quote) + 2
            if self.text.startswith("(", self.at):
                raise ShellError(line, "arithmetic is not supported in a lab's blocks", "write the number")
            self.skip_blanks()
            if not re.compile(r"aws(?=\s)").match(self.text, self.at):
                raise ShellError(line, "$(…) is only supported with aws in it", f"write {name}=$(aws … --output text)")
            self.at += len("aws")
            words = self.command_words(line, end=")")
            self.at += 1
            if quote and not self.text.startswith(quote, self.at):
                raise ShellError(self.line(), "text after $(aws …) is not supported", "use a second variable for it")
            self.at += len(quote)
            self.end_of_line(f"write {name}=$(aws …) on a line of its own")
            return Aws(line, self.source(begin), words, into=name)
        value = self.word("\n") or ()
        self.end_of_line("write NAME=value on a line of its own")
        return Assign(line, self.source(begin), name, value)

    def command_words(self, line: int, end: str) -> tuple[Word, ...]:
        words = self.words(line, end)
        refuse([word[0].text if len(word) == 1 and isinstance(word[0], Text) else "" for word in words], line)
        return words

    def words(self, line: int, end: str) -> tuple[Word, ...]:
        words: list[Word] = []
        while True:
            self.skip_blanks()
            here = self.text[self.at : self.at + 1]
            if here == end or (not here and end == "\n"):
                break
            if not here:
                raise ShellError(line, "$( is not closed", "close it with )")
            if here == "\n":
                raise ShellError(self.line(), "$(…) goes over a line end", "end the line with \\")
            if here == "#":
                self.skip_comment()
                continue
            word = self.word(end)
            if word is None:
                raise ShellError(self.line(), *_OPERATORS.get(here, (f"{here} cannot stand here", "quote it")))
            words.append(word)
        return tuple(words)

    def is_heredoc(self) -> bool:
        end = self.text.find("\n", self.at)
        return "<<" in self.text[self.at : end if end >= 0 else None]

    def heredoc(self, begin: int, line: int) -> WriteFile:
        self.at += len("cat")
        file: Word | None = None
        heredoc: re.Match[str] | None = None
        while True:
            self.skip_blanks()
            if match := _HEREDOC.match(self.text, self.at):
                heredoc = match
                self.at = match.end()
            elif self.text.startswith(">>", self.at):
                raise ShellError(line, ">> is not supported in a lab's blocks", "write the whole file with one cat >")
            elif match := _TARGET.match(self.text, self.at):
                self.at = match.end()
                file = self.word("\n")
            else:
                break
        if file is None or heredoc is None:
            raise ShellError(line, "this cat is not supported in a lab's blocks", "write cat > name <<'EOF'")
        self.end_of_line("write cat > name <<'EOF' on a line of its own")
        self.check_file(file, line)
        delimiter = next(group for group in heredoc.groups() if group)
        body, end = self.heredoc_body(delimiter, line)
        source = self.text[begin:end]
        word: Word = (Text(body),) if heredoc[3] is None else _Parser(body, self.line() + 1).expanded()
        self.at = end
        return WriteFile(line, source, file, word)

    def heredoc_body(self, delimiter: str, line: int) -> tuple[str, int]:
        start = min(self.at + 1, len(self.text))
        position = start
        while position < len(self.text):
            end = self.text.find("\n", position)
            end = len(self.text) if end < 0 else end
            if self.text[position:end] == delimiter:
                return self.text[start:position], end
            position = end + 1
        raise ShellError(
            line, f"the end of <<{delimiter} is missing", f"write {delimiter} alone on a line, not indented"
        )

    @staticmethod
    def check_file(file: Word, line: int) -> None:
        text = "".join(part.text for part in file if isinstance(part, Text))
        if not is_own_file(text or "x"):
            raise ShellError(line, f"{text} is outside the block's own directory", "use a plain file name")

    # --- words

    def word(self, end: str) -> Word | None:
        """Read one word; None where none begins."""
        parts: list[Text | Name] = []
        begin = self.at
        raw = ""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here in " \t\n" or here == end or here in "|&;<>()`":
                break
            if here == "'":
                close = self.text.find("'", self.at + 1)
                if close < 0:
                    raise ShellError(self.line(), "a ' is not closed")
                parts.append(Text(self.text[self.at + 1 : close]))
                self.at = close + 1
            elif here == '"':
                parts += self.double_quoted()
            elif here == "$":
                parts.append(self.variable(quoted=False))
            elif here == "\\":
                if self.text[self.at + 1 : self.at + 2] == "\n":
                    self.at += 2
                    continue
                parts.append(Text(self.text[self.at + 1 : self.at + 2] or "\\"))
                self.at += 2
            else:
                match = _PLAIN.match(self.text, self.at)
                text = match[0] if match else here
                if here == "~" and self.at == begin:
                    raise ShellError(
                        self.line(), "~ is not supported in a lab's blocks", "files are where the block runs"
                    )
                parts.append(Text(text))
                raw += text
                self.at += len(text)
        if _BRACES.search(raw):
            raise ShellError(self.line(), f"a shell would split {raw}", "put it in single quotes")
        if self.at == begin:
            return None
        return _joined(parts)

    def double_quoted(self) -> list[Text | Name]:
        line = self.line()
        self.at += 1
        parts: list[Text | Name] = [Text("")]  # "" is a word too
        while True:
            here = self.text[self.at : self.at + 1]
            if not here:
                raise ShellError(line, 'a " is not closed')
            if here == '"':
                self.at += 1
                return parts
            parts.append(self.quoted_part(here, '"\\$`'))

    def expanded(self) -> Word:
        """Read all as the body of a heredoc whose delimiter is not quoted."""
        parts: list[Text | Name] = []
        while self.at < len(self.text):
            parts.append(self.quoted_part(self.text[self.at], "\\$`"))
        return _joined(parts)

    def quoted_part(self, here: str, escapable: str) -> Text | Name:
        if here == "`":
            raise ShellError(self.line(), *_OPERATORS["`"])
        if here == "$" and self.text[self.at + 1 : self.at + 2] not in ("", '"', " ", "\n", "'", ".", ",", "/", "|"):
            return self.variable(quoted=True)
        if here == "\\":
            following = self.text[self.at + 1 : self.at + 2]
            self.at += 2 if following else 1
            if following == "\n":
                return Text("")
            return Text(following if following and following in escapable else "\\" + following)
        match = re.compile(r'[^"\\$`]+').match(self.text, self.at)
        text = match[0] if match else here
        self.at += len(text)
        return Text(text)

    def variable(self, quoted: bool) -> Name:
        line = self.line()
        braced = self.text.startswith("${", self.at)
        match = _NAME.match(self.text, self.at + (2 if braced else 1))
        if match is None:
            if self.text.startswith("$(", self.at):
                raise ShellError(line, "$(…) is only supported as NAME=$(aws …)", "give it a name on a line before")
            raise ShellError(
                line, f"{self.text[self.at : self.at + 2]} is not supported in a lab's blocks", "quote $ with ' or \\"
            )
        self.at = match.end()
        if braced:
            if not self.text.startswith("}", self.at):
                raise ShellError(line, f"only ${{{match[0]}}} is supported, nothing more in the braces")
            self.at += 1
        return Name(match[0], quoted, line)

    # --- the cursor

    def skip_to_statement(self) -> bool:
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self.skip_comment()
            elif self.text[self.at] in " \t\n":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            else:
                return True
        return False

    def skip_blanks(self) -> None:
        while self.at < len(self.text):
            if self.text[self.at] in " \t":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            else:
                return

    def skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def end_of_line(self, remedy: str) -> None:
        self.skip_blanks()
        here = self.text[self.at : self.at + 1]
        if here == "#":
            self.skip_comment()
        elif here in _OPERATORS:
            raise ShellError(self.line(), *_OPERATORS[here])
        elif here not in ("", "\n"):
            raise ShellError(self.line(), f"{self.word_here()} cannot stand here", remedy)

    def word_here(self) -> str:
        match = re.compile(r"\S{1,40}").match(self.text, self.at)
        return match[0] if match else "this"

    def line(self) -> int:
        return self.first_line + self.text.count("\n", 0, self.at)

    def source(self, begin: int) -> str:
        return self.text[begin : self.at].strip()


def _joined(parts: list[Text | Name]) -> Word:
    joined: list[Text | Name] = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part.text)
        else:
            joined.append(part)
    return tuple(joined) or (Text(""),)
