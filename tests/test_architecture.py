"""The rules that the parts keep among each other; ARCHITECTURE.md tells why."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage
from bot.cli.plain import trouble
from bot.settings import BotSettings
from storage import StorageError, StorageSettings
from trainer.settings import TrainerSettings

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "pictures", "storage", "trainer")
# All that the bot may know of the trainer. None of them imports torch, or anything else of the trainer's extras.
OF_TRAINER_FOR_BOT = (
    "change_detection",
    "composing",
    "embedders",
    "errors",
    "exported",
    "heatmap",
    "label_scores",
    "making",
    "manifest",
    "metrics",
    "predicting",
    "preprocessing",
    "quality",
    "readiness",
    "references",
    "second_opinion",
    "settings",
    "tunings",
    "twins",
)
# What it may know besides, and does not yet: pure functions without torch and scipy, and the records that they give.
MAY_BE_KNOWN = ("caps", "consensus", "doubts", "duplicates", "senders", "similar", "suspects")
# Those among them that the bot imports only when they are asked for: they read and write ONNX.
ON_DEMAND = {"composing", "exported"}
MAY_IMPORT = {
    "pictures": {"pictures"},
    "storage": {"storage", "pictures"},
    "trainer": {"trainer", "storage"},
    "bot": {"bot", "storage", "trainer", "pictures"},
}
JUDGED_BY_PYTHON = {"is_global", "is_private", "is_reserved", "is_link_local", "is_site_local", "is_multicast"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager"}


def sources(*packages: str) -> list[Path]:
    found = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    assert len(found) > 9 * len(packages)
    return found


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function; `from a import b` counts as a and a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert found
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_down(package: str) -> None:
    forbidden = {*PACKAGES, "tests"} - MAY_IMPORT[package]

    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imports(path)
        if name.split(".")[0] in forbidden
    ]

    assert wrong == []


def test_the_bot_knows_only_the_listed_modules_of_the_trainer() -> None:
    used = {
        name.split(".")[1]
        for path in sources("bot")
        for name in imports(path)
        if name.startswith("trainer.") and (ROOT / "trainer" / f"{name.split('.')[1]}.py").exists()
    }

    assert used - set(MAY_BE_KNOWN) == set(OF_TRAINER_FOR_BOT)


def test_actions_know_nothing_of_telegram_and_handlers_nothing_of_sql() -> None:
    actions = sorted((ROOT / "bot" / "actions").glob("*.py"))
    assert len(actions) > 5
    assert [p.name for p in actions if any(n.split(".")[0] == "telegram" for n in imports(p))] == []
    assert [p.name for p in sources("bot") if any(n.split(".")[0] == "sqlalchemy" for n in imports(p))] == []


def test_nothing_of_the_bot_brings_torch_or_other_extras_of_the_trainer() -> None:
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in sources("bot") if p.name[:2] != "__"]
    names += [f"trainer.{name}" for name in (*OF_TRAINER_FOR_BOT, *MAY_BE_KNOWN) if name not in ON_DEMAND]
    extras = {"torch", "timm", "scipy", "matplotlib", "onnxscript"}

    assert loaded(names, extras | {"onnx"}) == set()
    assert loaded([f"trainer.{name}" for name in ON_DEMAND], extras | {"sqlalchemy"}) == set()


def loaded(modules: list[str], unwanted: set[str]) -> set[str]:
    """Which of the unwanted come along with the modules."""
    code = f"import sys, {', '.join(modules)}; print(*({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_files_are_short() -> None:
    files = tracked("*.py", "*.js", "*.css", "*.html")
    assert {path.suffix for path in files} >= {".py", ".js", ".css"}

    long = {str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().splitlines())) >= LONGEST_FILE}

    assert long == {}


def test_functions_are_short() -> None:
    functions = [
        (f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for path in sources(*PACKAGES, "tests")
        # A migration is a list of tables, frozen as it was generated.
        if "migrations" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert len(functions) > 500

    assert [one for one in functions if one[1] > LONGEST_FUNCTION] == []


def test_files_are_named_for_their_subject() -> None:
    assert [str(path) for path in sources(*PACKAGES, "tests") if path.stem in VAGUE] == []


def test_importing_a_module_opens_and_reads_nothing() -> None:
    makers = {"BotSettings", "StorageSettings", "TrainerSettings", "create_engine", "open_engine", "open_store", "open"}

    made = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for path in sources(*PACKAGES)
        for statement in tree(path).body
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in makers
    ]

    assert made == []


def test_what_strangers_send_is_decoded_in_processes_of_their_own() -> None:
    """The bot asks `Decoders`; who calls `normalise` itself decodes where tokens and photos are."""
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("bot", "storage", "trainer")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("normalise", "pictures.normalise")
    ]

    assert calls == []


def test_openvino_is_imported_where_its_telemetry_cannot_be() -> None:
    importers = [p.name for p in sources(*PACKAGES) if any(n.split(".")[0] == "openvino" for n in imports(p))]

    assert importers == []


def test_nothing_is_unpickled() -> None:
    for path in sources(*PACKAGES):
        assert not {"pickle", "dill", "joblib", "shelve", "marshal"} & {n.split(".")[0] for n in imports(path)}, path
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords), path


def test_only_one_place_downloads_what_people_name() -> None:
    """`bot/delivery/http.py` talks to Telegram, playground and `bot/cli` serve this machine; else `bot/fetching`."""
    by_file = {str(path.relative_to(ROOT)): set(imports(path)) for path in sources(*PACKAGES)}
    speaks = {name for name, used in by_file.items() if any(one.split(".")[0] == "aiohttp" for one in used)}
    serves = {name for name in speaks if name.startswith("bot/cli/")}
    assert {"bot/delivery/http.py", "bot/fetching/fetch.py"} < speaks

    speakers = ("bot/delivery/http.py", "bot/fetching/", "bot/playground/")
    others = {name for name in speaks - serves if not name.startswith(speakers)}
    assert others == set()
    assert {one for name in serves for one in by_file[name] if one.startswith("aiohttp.")} == {"aiohttp.web"}
    # Of another library that makes requests, the one word is which proxy the environment names.
    clients = ("httpx", "requests", "urllib3", "http.client", "urllib.request", "ftplib")
    of_clients = {one for used in by_file.values() for one in used if one.startswith(clients)}
    assert of_clients == {"urllib.request", "urllib.request.getproxies", "urllib.request.proxy_bypass"}


def test_what_may_be_dialled_is_for_our_own_table_to_say() -> None:
    """Python's judgement of addresses is wrong in its older versions; and only tests widen what may be dialled."""
    nodes = [(path, node) for path in sources(*PACKAGES) for node in ast.walk(tree(path))]

    judged = [path for path, node in nodes if isinstance(node, ast.Attribute) and node.attr in JUDGED_BY_PYTHON]
    widened = [
        path
        for path, node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Reach" and (node.args or node.keywords)
    ]

    assert (judged, widened) == ([], [])


def test_what_learns_is_called_a_network() -> None:
    """“Model” means too much: what learns is a network, a database has tables, the store hands out records."""
    names = {(name, str(path.relative_to(ROOT))) for path in sources(*PACKAGES) for name in defined_in(tree(path))}
    assert len(names) > 1_000

    wrong = [one for one in names if re.search(r"(^|_)models?(_|$)|Model", one[0]) and one[0] != "model_config"]

    assert wrong == []


def defined_in(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def test_every_fault_of_the_store_has_words_of_its_own() -> None:
    family = [one for one in vars(storage).values() if isinstance(one, type) and issubclass(one, StorageError)]
    assert len(family) > 8

    said = {one.__name__: trouble(one.__new__(one)) for one in family}

    assert len(set(said.values())) == len(family)
    assert all(words[0].isupper() and words.endswith((".", "?")) for words in said.values()), said


def test_no_setting_means_two_things() -> None:
    names = [name for one in (BotSettings, StorageSettings, TrainerSettings) for name in one.model_fields]
    assert len(names) > 15

    assert len(set(names)) == len(names)


def test_nothing_tracked_tells_of_the_machine_it_was_written_on() -> None:
    """Paths below somebody's home or work folder; addresses of package registries are configuration of a machine."""
    tell_tale = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/[\w.-]+|--(?:extra-)?index-url|find-links")
    files = [path for path in tracked() if path.suffix not in (".png", ".jpg", ".onnx", ".webp")]
    assert len(files) > 100

    told = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if tell_tale.search(line)
    ]

    assert told == []
