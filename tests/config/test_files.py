"""Which files are read, and the ones that no configuration should be."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.config import files as files_module
from reconciler.config import load, mark_of
from reconciler.config.codes import Code
from reconciler.config.collector import Collector
from reconciler.config.files import read_all
from reconciler.errors import ConfigError
from reconciler.model.problem import Source
from tests.config.writing import HEAD, write


def read(*paths: Path) -> tuple[list[str], list[str]]:
    """Names of the files read, and the codes of what went wrong."""
    problems = Collector()
    texts = read_all(paths, problems)
    return [Path(text.file).name for text in texts], [one.code for one in problems.ordered()]


def test_a_directory_is_every_yaml_file_below_it_sorted_and_without_hidden_ones(
    tmp_path: Path,
) -> None:
    for name in ("b.yaml", "a.yml", "c.txt", ".d.yaml", "z/e.yaml", ".git/f.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HEAD)
    assert read(tmp_path) == (["a.yml", "b.yaml", "e.yaml"], [])


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HEAD)
    assert read(path, tmp_path, path) == (["0.yaml"], [])


def test_a_loop_of_symbolic_links_is_walked_once(tmp_path: Path) -> None:
    write(tmp_path, HEAD)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    names, codes = read(tmp_path)
    assert names == ["0.yaml"]
    assert codes == [Code.UNREADABLE]


def test_a_missing_file_reports_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load([tmp_path / "reconciler.yaml"])
    (problem,) = caught.value.problems
    assert problem.code == Code.MISSING
    assert "reconciler init" in (problem.hint or "")


def test_a_misspelt_file_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(HEAD)
    with pytest.raises(ConfigError) as caught:
        load([tmp_path / "reconcile.yaml"])
    assert caught.value.problems[0].hint == 'Did you mean "reconciler.yaml"?'


def test_a_directory_without_files_is_an_error(tmp_path: Path) -> None:
    assert read(tmp_path) == ([], [Code.NO_FILES])


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert read(tmp_path / "pipe.yaml") == ([], [Code.UNREADABLE])


def test_a_device_is_refused() -> None:
    assert read(Path("/dev/zero")) == ([], [Code.UNREADABLE])


def test_a_name_that_no_file_can_have_is_an_error() -> None:
    assert read(Path("a\0b")) == ([], [Code.UNREADABLE])


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(files_module.LARGEST_FILE + 1)
    assert read(path) == ([], [Code.TOO_LARGE])


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "MOST_FILES", 2)
    names, codes = read(*write(tmp_path, HEAD, HEAD, HEAD, HEAD))
    assert (len(names), codes) == (2, [Code.TOO_LARGE])


def test_a_byte_order_mark_is_accepted_and_not_counted(tmp_path: Path) -> None:
    (path,) = write(tmp_path, b"\xef\xbb\xbfversoin: 1\n")
    with pytest.raises(ConfigError) as caught:
        load([path])
    assert caught.value.problems[0].marks[0].source.column == 1


def test_a_wrong_byte_is_shown_in_its_line(tmp_path: Path) -> None:
    (path,) = write(tmp_path, b"version: 1\n# caf\xe9\n")
    with pytest.raises(ConfigError) as caught:
        load([path])
    (problem,) = caught.value.problems
    assert (problem.marks[0].source.line, problem.marks[0].source.column) == (2, 6)
    assert "0xe9" in problem.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    (path,) = write(tmp_path, HEAD.encode(encoding))
    with pytest.raises(ConfigError) as caught:
        load([path])
    assert caught.value.problems[0].code == Code.ENCODING
    assert "UTF-" in caught.value.problems[0].message


def test_a_file_full_of_control_characters_draws_a_bounded_number_of_errors(
    tmp_path: Path,
) -> None:
    (path,) = write(tmp_path, "#\x07\n" * 1000)
    assert len(read(path)[1]) == 20


def test_a_late_error_finds_its_line_again(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "version: 1\r\n\ttags: []\r\n")
    mark = mark_of(Source(str(path), 2, 2), {str(path)})
    assert (mark.text, mark.length) == ("\ttags: []", 8)


@pytest.mark.parametrize("line", [0, 3, 99])
def test_a_late_error_in_a_line_that_is_gone_keeps_its_place(tmp_path: Path, line: int) -> None:
    (path,) = write(tmp_path, "version: 1\ntags: []")
    source = Source(str(path), line, 1)
    mark = mark_of(source, {source.file})
    assert (mark.source, mark.text) == (source, "")


def test_a_late_error_in_a_file_that_is_gone_keeps_its_place(tmp_path: Path) -> None:
    source = Source(str(tmp_path / "gone.yaml"), 1, 1)
    assert mark_of(source, {source.file}).source == source


def test_a_late_error_reads_no_file_that_is_not_the_configurations(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HEAD)
    source = Source(str(path), 1, 1)
    assert mark_of(source, {str(path)}).text
    assert mark_of(source, {str(tmp_path), f"{path}x"}).text == ""


def test_many_late_errors_of_a_large_file_read_it_once(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "# x\n" * 400_000)
    began = time.process_time()
    for line in range(1, 2_001):
        assert mark_of(Source(str(path), line, 1), {str(path)}).text == "# x"
    assert time.process_time() - began < 3
    path.write_text("# y\n")
    assert mark_of(Source(str(path), 1, 1), {str(path)}).text == "# y"


SECRET = "hunter2: [\n"


def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A configuration's folder beside another one that holds what is nobody's business."""
    inside, outside = tmp_path / "config", tmp_path / "other"
    for folder in (inside, outside):
        folder.mkdir()
    (outside / "secret.yaml").write_text(SECRET)
    (inside / "a.yaml").write_text(HEAD)
    return inside, outside


@pytest.mark.parametrize("chain", [1, 2, 5])
@pytest.mark.parametrize("relative", [True, False])
def test_links_that_leave_the_folder_are_refused(
    tmp_path: Path, chain: int, relative: bool
) -> None:
    inside, outside = folders(tmp_path)
    target = Path("../other/secret.yaml") if relative else outside / "secret.yaml"
    for number in range(chain):
        (inside / f"z{number}.yaml").symlink_to(target)
        target = Path(f"z{number}.yaml")
    last = inside / target
    assert read(last) == ([], [Code.UNREADABLE])
    assert read(inside) == (["a.yaml"], [Code.UNREADABLE] * chain)


def test_a_folder_that_is_a_link_elsewhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = folders(tmp_path)
    (inside / "sub").symlink_to(outside, target_is_directory=True)
    (inside / "up").symlink_to("..", target_is_directory=True)
    assert read(inside) == (["a.yaml"], [Code.UNREADABLE] * 2)
    for path in ("sub", "sub/secret.yaml", "up/other/secret.yaml"):
        monkeypatch.chdir(inside)
        assert read(Path(path)) == ([], [Code.UNREADABLE])
        assert read(inside / path) == ([], [Code.UNREADABLE])
    assert read(outside) == (["secret.yaml"], [])


@pytest.mark.parametrize("here", ["/", "."])
def test_a_named_folder_that_is_a_link_elsewhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    inside, outside = folders(tmp_path)
    (inside / "config").symlink_to(outside, target_is_directory=True)
    monkeypatch.chdir(inside / here)
    assert read(inside / "config") == ([], [Code.UNREADABLE])


def test_a_link_to_what_would_not_be_read_is_refused(tmp_path: Path) -> None:
    inside, _ = folders(tmp_path)
    (inside / ".git").mkdir()
    for name in (".env", ".git/config", ".hidden.yaml", "notes.txt"):
        (inside / name).write_text(SECRET)
        (inside / "link.yaml").symlink_to(name)
        assert read(inside / "link.yaml") == ([], [Code.UNREADABLE])
        assert read(inside) == (["a.yaml"], [Code.UNREADABLE])
        (inside / "link.yaml").unlink()


def test_links_that_stay_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, _ = folders(tmp_path)
    (inside / "b").mkdir()
    (inside / "b" / "c.yaml").write_text(HEAD)
    (inside / "d.yaml").symlink_to("b/c.yaml")
    (inside / "e").symlink_to("b", target_is_directory=True)
    # How a ConfigMap is mounted.
    (inside / "..2026_01").mkdir()
    (inside / "..2026_01" / "f.yaml").write_text(HEAD)
    (inside / "..data").symlink_to("..2026_01", target_is_directory=True)
    (inside / "f.yaml").symlink_to("..data/f.yaml")
    assert read(inside) == (["a.yaml", "c.yaml", "f.yaml"], [])
    monkeypatch.chdir(inside / "b")
    for path in ("..", "../d.yaml", "../f.yaml", "../../config"):
        assert read(Path(path))[1] == []


@pytest.mark.parametrize("name", ["shadow", "shadow.txt", "passwd.yaml.bak", ".yaml", "key.json"])
def test_a_file_of_another_name_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SECRET)
    with pytest.raises(ConfigError) as caught:
        load([tmp_path / name])
    (problem,) = caught.value.problems
    assert problem.code == Code.UNREADABLE
    assert "ends in .yaml or .yml" in problem.message
    assert problem.marks[0].text == ""


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0", "/proc/self/environ", "/etc/passwd"])
def test_streams_and_files_of_the_system_are_not_read(path: str) -> None:
    assert read(Path(path)) == ([], [Code.UNREADABLE])


def test_loops_of_folders_end(tmp_path: Path) -> None:
    inside, _ = folders(tmp_path)
    (inside / "x").mkdir()
    for at in range(20):
        (inside / "x" / f"loop{at}").symlink_to("..", target_is_directory=True)
    (inside / "ping").symlink_to("pong")
    (inside / "pong").symlink_to("ping")
    os.mkfifo(inside / "pipe.yml")
    (inside / "to-pipe.yaml").symlink_to("pipe.yml")
    assert read(inside) == (["a.yaml"], [Code.UNREADABLE])
