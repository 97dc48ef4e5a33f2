"""Runs the examples of a page: fenced blocks marked `run`, each followed by a block `output`."""

import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import sys

mount, page, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
LIMIT = 300

# language: (what has to be installed, the file, how it is built, how it runs)
cc = next((c for c in ("cc", "gcc", "clang-19") if shutil.which(c)), "cc")
cxx = next((c for c in ("c++", "g++", "clang++-19") if shutil.which(c)), "c++")
LANGUAGES = {
    "sh": (["sh"], "a.sh", None, ["sh", "a.sh"]),
    "dash": (["dash"], "a.sh", None, ["dash", "a.sh"]),
    "bash": (["bash"], "a.bash", None, ["bash", "a.bash"]),
    "mawk": (["mawk"], "a.awk", None, ["mawk", "-f", "a.awk"]),
    "gawk": (["gawk"], "a.awk", None, ["gawk", "-f", "a.awk"]),
    "python": (["python3"], "a.py", None, ["python3", "a.py"]),
    "javascript": (["node"], "a.js", None, ["node", "a.js"]),
    "go": (["go"], "a.go", ["go", "build", "-o", "program", "a.go"], ["./program"]),
    "java": (["javac", "java"], "Main.java", ["javac", "Main.java"], ["java", "-XX:TieredStopAtLevel=1", "Main"]),
    "c": ([cc], "a.c", [cc, "-Wall", "-Wextra", "-D_GNU_SOURCE", "-o", "program", "a.c"], ["./program"]),
    "cpp": ([cxx], "a.cc", [cxx, "-std=c++17", "-Wall", "-Wextra", "-o", "program", "a.cc"], ["./program"]),
    "perl": (["perl"], "a.pl", None, ["perl", "a.pl"]),
}
SPOKEN = {"sh": ["sh", "dash"], "awk": ["mawk", "gawk"]}

blocks = re.findall(r"^```(\w+) run ?(\w*)\n(.*?)^```\n+```output\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
marked = len(re.findall(r"^```\w+ run", page.read_text(encoding="utf-8"), re.M))
if marked != len(blocks) or not blocks:
    sys.exit(f"{marked} examples are to run, but {len(blocks)} have an output")


def call(command, place):
    return subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=LIMIT, check=False)




def io_uring_is_there():
    """Containers often forbid it. io_uring_setup(2) with a null address fails with EFAULT where it is allowed."""
    ctypes.set_errno(0)
    return ctypes.CDLL(None, use_errno=True).syscall(425, 1, None) >= 0 or ctypes.get_errno() == 14


seen = {}
for word, library, text, expected in blocks:
    for language in SPOKEN.get(word, [word]):
        seen[language] = seen.get(language, 0) + 1
        name = f"{language}, example {seen[language]}"
        needed, file, build, run = LANGUAGES[language]
        missing = [n for n in needed if not shutil.which(n)]
        if library and not os.path.exists(f"/usr/include/{library}.h"):
            missing.append(library)
        if library == "liburing" and not missing and not io_uring_is_there():
            print(f"skip {name}: the kernel forbids io_uring here", flush=True)
            continue
        if missing:
            print(f"skip {name}: {missing[0]} is not installed", flush=True)
            continue
        place = work / f"{language}{seen[language]}"
        place.mkdir()
        (place / file).write_text(text.replace("/mailslot", mount), encoding="utf-8")
        inbox = pathlib.Path(mount, "inbox")
        inbox.unlink(missing_ok=True)
        inbox.touch()
        problem = ""
        try:
            if build:
                built = call(build + ([f"-l{library.removeprefix('lib')}"] if library else []), place)
                if built.returncode != 0 or (built.stdout and language in ("c", "cpp")):
                    problem = f"does not build:\n{built.stdout}"
            if not problem:
                ran = call(run, place)
                if (ran.returncode, ran.stdout) != (0, expected):
                    problem = f"status {ran.returncode}, printed:\n{ran.stdout}"
        except subprocess.TimeoutExpired as late:
            problem = str(late)
        print(f"not ok {name}\n  {problem}" if problem else f"ok {name}", flush=True)
