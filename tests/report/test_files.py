"""Files of results: whole or not there, whatever the place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dexverify.errors import ConfigError
from dexverify.report.files import check_file, check_folder, created, write_file


def test_a_file_is_replaced_as_a_whole_and_only_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with created(file) as stream:
        stream.write(b"new")
        stream.flush()
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_what_is_broken_off_leaves_everything_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def write_half() -> None:
        with created(file) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert file.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_permissions_stay_and_a_link_still_points_there(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to("file")
    write_file(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "file", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(pipe, b"new")
        assert os.read(reading, 10) == b"new"
    finally:
        os.close(reading)
    assert pipe.is_fifo()


def test_what_could_not_be_written_is_told_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path, said in {
        "": "name a file",
        str(tmp_path): "name a file",
        f"{tmp_path}/no/file": "no such folder",
    }.items():
        with pytest.raises(ConfigError, match=f"^--junit .*{said}"):
            check_file("--junit", path)
    with pytest.raises(ConfigError, match=r"^--itf .*it is a file"):
        check_folder("--itf", tmp_path / "file")
    with pytest.raises(ConfigError, match=r"^--itf .*must not be written"):
        check_folder("--itf", tmp_path / "file" / "below")
    check_file("--junit", "-")
    check_folder("--itf", tmp_path / "new" / "newer")
