"""What is built is what the tree holds, and works away from it."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.house import FOLDERS
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(300)

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ROOT / "requirements"
NOT_DATA = {".py", ".pyc"}


def clean_copy(target: Path) -> Path:
    """What is needed to build, and nothing that an earlier build left behind."""
    for folder in FOLDERS:
        skip = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / folder, target / folder, ignore=skip)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built without a network."""
    tree = clean_copy(tmp_path_factory.mktemp("tree"))
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(tree)]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("driftgate-*.whl"))


def source_files() -> list[Path]:
    """All files below the packages' folders, relative to the top of the tree."""
    paths = (p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.is_file())
    return [p.relative_to(ROOT) for p in paths if p.suffix != ".pyc"]


def inside_wheel(path: Path) -> str:
    """proxy/history/schema/001.sql -> driftgate/proxy/history/schema/001.sql."""
    folder, *rest = path.parts
    return "/".join([*FOLDERS[folder].split("."), *rest])


def test_the_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [str(p) for p in source_files() if inside_wheel(p) not in names] == []


def test_some_of_those_files_are_data() -> None:
    assert any(path.suffix not in NOT_DATA for path in source_files())


def test_the_wheel_puts_one_name_into_site_packages(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"driftgate"}


def test_the_sdist_builds_again_what_the_wheel_holds(built: Path) -> None:
    with tarfile.open(next(built.glob("driftgate-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = [str(path) for path in source_files()]
    assert [name for name in [*needed, "pyproject.toml", "README.md"] if name not in names] == []


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as site-packages would be, with the wheel in it."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-qq"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, cwd=target)
    return target


def run_installed(installed: Path, code: str) -> subprocess.CompletedProcess[str]:
    # The editable install of this environment must not answer in the wheel's place.
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); {code}"
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=installed.parent, capture_output=True, text=True, check=False
    )


def test_an_installed_wheel_works_away_from_the_tree(installed: Path) -> None:
    done = run_installed(installed, "import driftgate.proxy.errors as m; print(m.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed), done.stderr


def test_the_installed_command_prints_its_help(installed: Path) -> None:
    start = "from driftgate.cli import main; sys.argv = ['driftgate', '--help']; main()"
    done = run_installed(installed, start)
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def wanted(requirements: list[str]) -> dict[str, str]:
    """Name -> least version, of pyproject's requirement lines."""
    found = {}
    for line in requirements:
        match = re.match(r"([A-Za-z0-9._-]+)>=([0-9.]+)", line)
        assert match, f"no least version in {line!r}"
        found[normal(match[1])] = match[2]
    return found


def normal(name: str) -> str:
    """A package's name in the form that all tools agree on (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    """Name -> pinned version of a lock file."""
    return {normal(m[1]): m[2] for m in re.finditer(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", text)}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def lock_faults(requirements: list[str], lock: str) -> list[str]:
    """What a lock file does not keep of pyproject's requirements."""
    pins = locked(lock)
    return [
        f"{name} must be >={least}, the lock has {pins.get(name, 'none')}: run make lock"
        for name, least in wanted(requirements).items()
        if name not in pins or numbers(pins[name]) < numbers(least)
    ]


RUNTIME = PYPROJECT["project"]["dependencies"]
DEV = RUNTIME + PYPROJECT["project"]["optional-dependencies"]["dev"]


@pytest.mark.parametrize(("name", "requirements"), [("runtime", RUNTIME), ("dev", DEV)])
def test_the_locks_keep_what_pyproject_asks_for(name: str, requirements: list[str]) -> None:
    assert lock_faults(requirements, (LOCKS / f"{name}.lock").read_text(encoding="utf-8")) == []


def test_the_lock_guard_sees_an_absent_and_an_old_package() -> None:
    faults = lock_faults(["rich>=15", "type_r>=0.29"], "rich==14.9.1 \\\n    --hash=sha256:0\n")
    assert len(faults) == 2


def test_both_locks_agree_and_hold_no_more_than_hashes_and_versions() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in LOCKS.glob("*.lock")}
    runtime, dev = locked(texts["runtime.lock"]), locked(texts["dev.lock"])
    assert {name: pin for name, pin in runtime.items() if dev.get(name) != pin} == {}
    line = re.compile(
        r"#.*|\s+# via .*|[a-z0-9.-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
    )
    for text in texts.values():
        assert [row for row in text.splitlines() if not line.fullmatch(row)] == []
        assert not re.search(r"://|--(extra-)?index-url|--find-links", text)


def test_duckdb_of_the_older_line_is_locked_for_ci() -> None:
    pins = locked((LOCKS / "duckdb-1.5.lock").read_text(encoding="utf-8"))
    assert list(pins) == ["duckdb"]
    assert numbers(pins["duckdb"])[:2] == (1, 5)
