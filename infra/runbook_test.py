"""Gives the commands of the runbook that call AWS to the aws CLI, as a person would who pastes them.

    python infra/runbook_test.py infra/README.md

The CLI checks every argument against AWS's own model of the call. Nothing leaves: a call that would is answered here
with nothing. Fails on a command that the shell or the CLI refuses. Called by infra/template-test.sh.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

os.environ.update(
    AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nobody", AWS_DEFAULT_REGION="us-east-1"
)

from awscli.clidriver import create_clidriver

# In the shell, the CLI only notes what it was asked. Its answer is a name, and JSON, for what comes next.
NOTED = """set -eu
aws() { printf '%s\\0' "$@" >&3; printf '\\n\\0' >&3; echo 0; }
curl() { :; }
read() { TOKEN=token; }
"""


class Answer:
    """What the CLI sees of an answer of AWS's."""

    status_code = 200
    headers = {}


def blocks(text: str) -> list[tuple[str, str]]:
    """The blocks of commands, each with the heading that it is under."""
    found = []
    for section in re.split(r"^(?=##)", text, flags=re.MULTILINE):
        heading = section.split("\n", 1)[0].strip("# ")
        found += [(heading, block) for block in section.split("```")[1::2]]
    return found


def asked(first: str, block: str) -> list[list[str]]:
    """The calls of the CLI that a block makes after the first one."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as notes:
        script = f"exec 3>&{writing}\n{NOTED}{first}\n{block}"
        shell = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, pass_fds=[writing], timeout=60
        )
        os.close(writing)
        if shell.returncode != 0 or shell.stderr:
            raise ValueError(shell.stderr or f"ends with {shell.returncode}")
        calls, call = [], []
        for word in notes.read().decode().split("\0")[:-1]:
            if word == "\n":
                calls.append(call)
                call = []
            else:
                call.append(word)
        return calls


def refused(call: list[str]) -> str:
    """What the CLI says against a call, if anything."""
    driver = create_clidriver()
    driver.session.register("before-call", lambda **_: (Answer(), {"Datapoints": []}))
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = driver.main(call)
        except SystemExit as end:
            status = end.code
    return "" if status == 0 else said.getvalue().strip() or f"ends with {status}"


def main(path: str) -> int:
    (_, first), *others = blocks(Path(path).read_text())
    wrong, calls = [], {}
    for heading, block in others:
        try:
            for call in asked(first, block):
                calls.setdefault(tuple(call), heading)
        except ValueError as error:
            wrong.append(f"{heading}: {error}")
    for call, heading in calls.items():
        said = refused(list(call))
        if said:
            wrong.append(f"{heading}: aws {' '.join(call)}: {said}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(others)} blocks of commands, {len(calls)} calls of the aws CLI")
    return 1 if wrong or not calls else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
