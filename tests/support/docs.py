"""Runs the commands that pages show, and says for each block whether it does what the page says.

  docs.py SETTINGS PAGE…     SETTINGS: a file of lines NAME=PATH, the mounts that there are

A block of commands is fenced and marked `sh` (a script that has to succeed) or `console` (lines "$ COMMAND", each
followed by what it prints; "…" stands for anything, also for lines). In man pages, a block with "$ " is such a console.
Blocks of one page follow each other in one directory, with the slots that earlier ones made. After the mark may stand

  on=NAME        the mount NAME of SETTINGS is meant by /mailslot; without it, "here". The blocks of a NAME that is not in
                 SETTINGS are run by the other test (PLACES)
  fresh          nothing is mounted at /mailslot yet; the block does that itself
  root           needs root
  dry            only looked at: each command is a target of make, or a script of ours that is in order
  elsewhere=WHY  cannot be run by a test: WHY is said each time

Other blocks (`toml`, `text`…) are no commands. A fence without a mark and an indented block are errors: what is in them?
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LIMIT = 120  # seconds, after which something is broken and not only slow
SOURCE = pathlib.Path(os.environ["MAILSLOT_SOURCE"])
PROGRAMS = pathlib.Path(os.environ["MAILSLOT"]).parent
NO_COMMANDS = {"toml", "ini", "text", "c", "fstab", "output"}
PLACES = {"here": "shell/docs", "HOMEPC": "net/docs", "FILESRV": "net/docs", "FRESH": "net/docs"}
END = "\x01"


def blocks(page):
    """(line, mark, words, lines) of each fenced block of commands."""
    manual, at, fence = page.suffix == ".scd", 0, None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            if fence is None:
                fence, at, text = line[3:], number, []
                continue
            mark, _, words = fence.partition(" ")
            if manual:
                text = [re.sub(r"\\(.)", r"\1", each) for each in text]
                mark = "console" if any(each.startswith("$ ") for each in text) else "text"
            if mark not in NO_COMMANDS and " run" not in f" {words}":  # `run`: languages.test does that
                yield at, mark, words, text
            fence = None
        elif fence is not None:
            text.append(line)
        elif line.startswith("    ") and not manual:
            yield number, "no fence at all", "", [line]


def settings_of(words):
    """on=NAME fresh elsewhere="WHY" as a dictionary."""
    return {key: (quoted or plain or True) for key, _, quoted, plain in re.findall(r'(\w+)(="([^"]*)"|=(\S+))?', words)}


def with_mount(text, mount):
    return re.sub(r"(?<![\w.])/mailslot(?=[/\s'\";)&|]|$)", mount, text)


def matches(pattern, text):
    """The pattern with "…" for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("…")), text, re.S) is not None


class Shell:
    """A bash that is told one command after the other."""

    def __init__(self, directory, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc"], cwd=directory, env=environment, start_new_session=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()

    def run(self, command, expected):
        """What was printed until it was what was expected, or until the limit. Programs in the background may speak late."""
        self.process.stdin.write(f"{command}\nprintf '{END}'\n".encode())
        self.process.stdin.flush()
        said, end = "", time.monotonic() + LIMIT
        while time.monotonic() < end:
            said += (self.process.stdout.read() or b"").decode(errors="replace")
            if END in said and matches(expected, said.replace(END, "")):
                break
            if END in said and time.monotonic() > end - LIMIT + 5 and "&" not in command:
                break  # nothing more is to come
            time.sleep(0.01)
        return said.replace(END, "") if END in said else said + "(and does not end)"


def run_console(lines, directory, environment, mount):
    commands = []
    for line in lines:
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif line.startswith("> ") and commands and not commands[-1][1]:
            commands[-1] = (commands[-1][0] + "\n" + line[2:], [])
        elif commands:
            commands[-1][1].append(line)
        else:
            return "begins without a command"
    with Shell(directory, environment) as shell:
        for command, output in commands:
            expected = with_mount("".join(f"{each}\n" for each in output), mount)
            expected = re.sub(r"^…\n", "…", expected, flags=re.M)
            said = shell.run(with_mount(command, mount), expected)
            if not matches(expected, said):
                return f"$ {command}\n  should print:\n{expected}\n  printed:\n{said}"
    return ""


def run_script(lines, directory, environment, mount):
    script = with_mount("\n".join(lines), mount)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(["bash", "-euc", script], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            status = "none, it does not end"
        try:
            os.killpg(process.pid, signal.SIGKILL)  # what it began in the background
        except ProcessLookupError:
            pass
        process.wait()
        log.seek(0)
        return "" if status == 0 else f"status {status}, printed:\n{log.read()}"


def look_at(lines):
    for line in lines:
        words = [word for word in shlex.split(line.removeprefix("$ "), comments=True) if word != "sudo"]
        while words and re.match(r"^[A-Z_]+=", words[0]):
            words.pop(0)
        if not words:
            continue
        if words[0] == "make":
            command = ["make", "-n", *words[1:]]
        elif (SOURCE / words[0]).is_file() and os.access(SOURCE / words[0], os.X_OK):
            text = (SOURCE / words[0]).read_text(encoding="utf-8")
            command = [sys.executable, "-m", "py_compile", words[0]] if "python" in text.splitlines()[0] else ["bash", "-n", words[0]]
        elif words[0] == "ninja" and words[1:2] == ["-C"]:
            command = ["true"]
        else:
            return f"{line}: no target of make, and no script of ours"
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": tempfile.gettempdir()}
        done = subprocess.run(command, cwd=SOURCE, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LIMIT, check=False)
        if done.returncode != 0:
            return f"{line}: {done.stdout}"
    return ""


def unmount(place):
    if os.path.ismount(place):
        command = ["umount", "-l"] if os.geteuid() == 0 else ["fusermount3", "-uz"]
        subprocess.run([*command, place], check=False)


def empty(mount):
    for entry in pathlib.Path(mount).iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def main():
    mounts = dict(line.split("=", 1) for line in pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())
    problems = 0
    for page in map(pathlib.Path, sys.argv[2:]):
        directory = tempfile.mkdtemp()
        for mount in mounts.values():
            empty(mount)
        for line, mark, words, lines in blocks(page):
            how = settings_of(words)
            wanted = how.get("on", "here")
            name = f"{page.name}, line {line}"
            if wanted not in mounts and wanted in PLACES:
                continue
            if "elsewhere" in how:
                print(f"skip {name}: {how['elsewhere']}", flush=True)
                continue
            if "root" in how and os.geteuid() != 0:
                print(f"skip {name}: only root may do that", flush=True)
                continue
            if wanted not in PLACES:
                problems += 1
                print(f"not ok {name}\n  there is no {wanted}", flush=True)
                continue
            mount = mounts[wanted]
            if "fresh" in how:
                mount = os.path.join(directory, "mailslot")
                os.makedirs(mount, exist_ok=True)
            environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "MAILSLOT_ROOT": mount, "NO_COLOR": "1"}
            if "dry" in how:
                problem = look_at(lines)
            elif mark == "sh":
                problem = run_script(lines, directory, environment, mount)
            elif mark == "console":
                problem = run_console(lines, directory, environment, mount)
            else:
                problem = f"the fence is marked \"{mark}\""
            if "fresh" in how:
                unmount(mount)
            problems += bool(problem)
            print(f"not ok {name}\n  {problem}" if problem else f"ok {name}", flush=True)
        for place in pathlib.Path(directory).iterdir():
            unmount(place)
        shutil.rmtree(directory, ignore_errors=True)
    return 1 if problems else 0


sys.exit(main())
