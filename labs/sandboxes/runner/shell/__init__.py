"""The small part of a shell that a lab's blocks are written in. It is parsed here and never handed to a real one.

    # a comment
    ARN=$(aws sns create-topic --name alarms --query TopicArn --output text)
    cat > policy.json <<'EOF'          (with <<EOF, $NAME is filled in)
    {"Version": "2012-10-17"}
    EOF
    aws sns set-topic-attributes --topic-arn "$ARN" \\
        --attribute-name Policy --attribute-value file://policy.json

Quotes, `\\` at the end of a line, `NAME=value`, `$NAME` and `${NAME}` mean what they mean in sh; an unquoted `$NAME` is
split at white space. All else is refused with its line and the way out. Standard library only, and pure.
"""

from labs.sandboxes.runner.shell.parser import parse
from labs.sandboxes.runner.shell.script import (
    Assign,
    Aws,
    ShellError,
    Statement,
    Tool,
    WriteFile,
    is_own_file,
    many,
    one,
    refuse,
    undefined,
)

__all__ = [
    "Assign",
    "Aws",
    "ShellError",
    "Statement",
    "Tool",
    "WriteFile",
    "is_own_file",
    "many",
    "one",
    "parse",
    "refuse",
    "undefined",
]
