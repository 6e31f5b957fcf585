"""The shape of the program, checked."""

import ast
import re
import subprocess
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "pipeline": {"pipeline"},
    "channels": {"channels", "pipeline"},
    "realtime": {"realtime", "pipeline"},
    "storage": {"storage", "pipeline"},
    "gateway": {"gateway", "channels", "realtime", "storage", "pipeline"},
    "scripts": {"scripts", "gateway", "channels", "realtime", "storage", "pipeline", "tests"},
}
OURS = {*MAY_IMPORT, "tests"}

AWAITING = {
    "realtime/responder.py",
    "realtime/socket.py",
    "realtime/speaking.py",
    "realtime/speech.py",
}
"""The modules of realtime/ that do; the others, and all of pipeline/ and channels/, decide."""

# fmt: off
IMPURE_MODULES = {
    "aiofiles", "aiohttp", "asyncio", "asyncpg", "concurrent", "fcntl", "glob", "http", "httpx",
    "io", "logging", "multiprocessing", "openai", "os", "pathlib", "queue", "random", "redis",
    "requests", "secrets", "select", "selectors", "shutil", "signal", "smtplib", "socket",
    "sqlite3", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "uvloop",
    "websockets",
}
IMPURE_CALLS = {
    "exec", "input", "open", "print", "read_bytes", "read_text", "urlopen", "uuid1", "uuid4",
    "write_bytes", "write_text",
}
# fmt: on
CLOCKS = {"now", "time", "today", "utcnow"}
"""Impure when it is a clock that is asked: `datetime.now()`."""

MAX_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_METHODS = 15

SAY_NOTHING = {"util", "utils", "helper", "helpers", "manager", "base", "common", "service", "core"}
DATA_BASES = {
    "BaseSettings",
    "Enum",
    "IntEnum",
    "NamedTuple",
    "Protocol",
    "StrEnum",
    "TypedDict",
    "msgspec.Struct",
}
OF_A_LIBRARY = {"WSListener"}
"""A class that picows wants derived from."""
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
WORKPLACE = re.compile(r"/wor" r"k/|\bissue #\d|\bDES" r"IGN\.md|\bfie" r"ld/\w+\.md|/simple/\b")

PRODUCT = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
PACKAGES = sorted(path.parent for path in PRODUCT if path.name == "__init__.py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in PRODUCT}
every_file = pytest.mark.parametrize("path", PRODUCT, ids=name)
every_package = pytest.mark.parametrize("package", PACKAGES, ids=name)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of what a file imports: our modules by their own name, not their package's."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} imports relatively, line {node.lineno}"
            for alias in node.names:
                within = f"{node.module}.{alias.name}"
                found.add(within if within in MODULES else str(node.module))
    return frozenset(found)


def is_pure(path: Path) -> bool:
    package = path.relative_to(ROOT).parts[0]
    return package in {"pipeline", "channels", "realtime"} and name(path) not in AWAITING


@every_file
def test_imports_follow_the_arrows(path):
    package = path.relative_to(ROOT).parts[0]
    imported = {module.partition(".")[0] for module in imports(path)}
    assert imported & OURS <= MAY_IMPORT[package]


def test_no_modules_import_each_other_in_a_ring():
    arrows = {module: imports(path) & MODULES.keys() for module, path in MODULES.items()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as ring:
        pytest.fail(" -> ".join(ring.args[1]))


@pytest.mark.parametrize("path", [*filter(is_pure, PRODUCT)], ids=name)
def test_what_decides_neither_waits_nor_looks_around(path):
    assert not {module.partition(".")[0] for module in imports(path)} & IMPURE_MODULES
    waiting = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith
    assert not [node.lineno for node in ast.walk(tree(path)) if isinstance(node, waiting)]
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not [f"line {call.lineno}: {ast.unparse(call)}" for call in calls if is_impure(call)]


def is_impure(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=of, attr=called) if called in CLOCKS:
            return ast.unparse(of).rpartition(".")[2] in {"date", "datetime", "time"}
        case ast.Attribute(attr=called) | ast.Name(id=called):
            return called in IMPURE_CALLS
    return False


def test_the_environment_is_read_in_one_place():
    readers = {
        name(path)
        for path in PRODUCT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert {reader for reader in readers if not reader.startswith("scripts/")} == {
        "gateway/settings.py"
    }


@every_package
def test_a_packages_docstring_is_its_map(package):
    map_ = ast.get_docstring(tree(package / "__init__.py"), clean=False) or ""
    named = set(re.findall(r"^ *(\w+)/?  +\S", map_, re.MULTILINE))
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    assert named == modules | packages


@every_file
def test_what_does_something_has_its_tests(path):
    does = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in tree(path).body)
    classes = [
        node
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and "Protocol" not in map(ast.unparse, node.bases)
    ]
    does |= any(not each.name.startswith("__") for node in classes for each in methods(node))
    if does and path.name != "__init__.py":
        tests = ROOT / "tests" / path.relative_to(ROOT).parent
        assert (tests / f"test_{path.stem.strip('_')}.py").is_file()


@every_file
def test_a_file_is_small_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@every_file
def test_functions_and_classes_are_small_enough_to_grasp(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, node.name
        if isinstance(node, ast.ClassDef):
            assert len(methods(node)) <= MAX_METHODS, node.name


def methods(node: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]


@every_file
def test_names_say_something(path):
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    words = re.findall(r"[A-Z]?[a-z]+", " ".join([*path.relative_to(ROOT).parts, *classes]))
    assert not {word.lower() for word in words} & SAY_NOTHING


def test_nothing_inherits_but_errors_and_plain_kinds_of_data():
    classes = {
        node.name: {ast.unparse(base).partition("[")[0] for base in node.bases}
        for path in PRODUCT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }
    errors = {"Exception", "ValueError"}
    while more := {name for name, bases in classes.items() if bases & errors} - errors:
        errors |= more
    heirs = {name for name, bases in classes.items() if bases - errors - DATA_BASES - OF_A_LIBRARY}
    assert not heirs


def test_no_text_is_unfinished_or_speaks_of_the_place_it_was_written_in():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split("\0")  # fmt: skip
    files = [ROOT / line for line in listed if line] or PRODUCT
    found = []
    for path in files:
        if path.suffix not in {".wav", ".png", ".ico"} and path.is_file():
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if UNFINISHED.search(line) or WORKPLACE.search(line):
                    found.append(f"{name(path)}:{number}: {line.strip()[:80]}")
    assert not found


def declared(*extras: str) -> set[str]:
    """Distributions that pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    return {re.split(r"[<>=!; \[]", each)[0].lower().replace("_", "-") for each in asked}


distributions = cache(packages_distributions)
"""Asking takes a second."""


def third_party(path: Path) -> set[str]:
    """Distributions whose packages a file imports."""
    owners = distributions()
    names = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    return {owners[name][0].lower().replace("_", "-") for name in names if name in owners} - {
        "concierge"
    }


PRACTICE = ("twilio", "realtime", "ledger", "stand_in")


def test_what_runs_needs_only_what_its_installation_brings():
    needed = set().union(*map(third_party, PRODUCT))
    assert needed - declared("embedded") == set()
    assert "aiohttp" in needed

    simulators = (ROOT / "tests" / "simulators").glob("*.py")
    practice = [path for path in simulators if path.stem.startswith(PRACTICE)]
    needed = set().union(*map(third_party, [ROOT / "scripts" / "practice.py", *practice]))
    assert needed - declared("embedded") == set()
    assert "twilio" in needed
