"""sys161's configuration: one device a line, `slot name arguments…`; read, completed, and written for one run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from drivers.base import DriverError

FILE = "sys161.conf"
_SLOTS = 32
_BOARD_SLOT = 31  # of the mainboard, and of nothing else
_BOARDS = ("mainboard", "oldmainboard", "busctl")
_DEFAULT = ("0 serial", "1 emufs", "28 random", "29 timer", "30 trace", "31 mainboard")
_SEED, _RAMSIZE = 1, "4M"


@dataclass(slots=True)
class Device:
    """One line. `arguments` are as they stand there: `name=value`, or a word."""

    slot: int
    name: str
    arguments: list[str] = field(default_factory=list)

    def get(self, key: str) -> str | None:
        """The last value given for `key=`; sys161 takes that one, too."""
        return next((a.partition("=")[2] for a in reversed(self.arguments) if a.startswith(f"{key}=")), None)

    def set(self, key: str, value: str | int) -> None:
        self.arguments = [a for a in self.arguments if a.partition("=")[0] != key] + [f"{key}={value}"]


def read_configuration(root: Path | None) -> list[Device]:
    """The devices of `root`'s sys161.conf, or a plain set where it has none. Raises DriverError."""
    path = root / FILE if root is not None else None
    if path is None or not path.is_file():
        return [_parse(line, "the default configuration", 0) for line in _DEFAULT]
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise DriverError(f"{path}: cannot be read: {error.strerror}") from error
    numbered = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    return [_parse(line, str(path), number) for number, line in numbered if line]


def _parse(line: str, path: str, number: int) -> Device:
    slot, *words = line.split()
    if not slot.isdecimal() or int(slot) >= _SLOTS or not words:
        raise DriverError(f"{path}:{number}: not a device: {line!r}; write a slot from 0 to {_SLOTS - 1} and a name")
    return Device(int(slot), words[0], words[1:])


def set_up(
    devices: list[Device], cpus: int | None, seed: int | None, ramsize: int | None, is_default: bool
) -> list[str]:
    """Put processors, seed and memory (bytes) into the devices. Returns what the user ought to know."""
    notes = _set_up_seed(devices, seed)
    board = next((device for device in devices if device.slot == _BOARD_SLOT), None)
    if board is None or board.name not in _BOARDS:
        raise DriverError(f"{FILE} has no mainboard in slot {_BOARD_SLOT}: add '31 mainboard ramsize=4M cpus=1'")
    if cpus is not None:
        if board.name != "mainboard" and cpus > 1:
            notes.append(f"a mainboard replaces the {board.name} of {FILE}, which has one processor")
            board.name = "mainboard"
        if board.name == "mainboard":
            board.set("cpus", cpus)
    elif is_default:
        board.set("cpus", 1)
    if ramsize is not None:
        board.set("ramsize", ramsize)
    elif is_default:
        board.set("ramsize", _RAMSIZE)
    return notes


def _set_up_seed(devices: list[Device], seed: int | None) -> list[str]:
    notes = []
    random = next((device for device in devices if device.name == "random"), None)
    if random is None:
        if seed is None:
            return []  # sys161's own seed is then 0
        taken = {device.slot for device in devices}
        slot = next((slot for slot in range(_BOARD_SLOT - 1, -1, -1) if slot not in taken), None)
        if slot is None:
            raise DriverError(f"{FILE} has no free slot for the random device that the seed needs")
        random = Device(slot, "random")
        devices.append(random)
        notes.append(f"a random device in slot {slot} takes the seed: {FILE} has none")
    chosen = seed if seed is not None else random.get("seed") or _SEED
    if "autoseed" in random.arguments:
        random.arguments.remove("autoseed")
        notes.append(f"seed={chosen} replaces the autoseed of {FILE}, with which no run could be repeated")
    random.set("seed", chosen)
    return notes


def bring_files(devices: list[Device], root: Path, directory: Path) -> None:
    """Put what the devices name into the run's directory: copies of disks, links to folders and sockets.

    So a run neither meets what an earlier one wrote nor changes the user's disks, two runs can go on at once, and
    no path can have a blank or be too long for sys161. Raises DriverError.
    """
    for device in devices:
        match device.name:
            case "emufs":
                link = f"emufs{device.slot}"
                _link(directory / link, root / (device.get("dir") or "."))
                device.set("dir", link)
            case "disk" if (file := device.get("file")) is not None:
                copy = f"disk{device.slot}.img"
                (directory / copy).unlink(missing_ok=True)
                if (root / file).exists():  # where it is not, sys161 makes one, or tells
                    try:
                        shutil.copyfile(root / file, directory / copy)
                    except OSError as error:
                        raise DriverError(f"the disk {root / file} cannot be copied: {error.strerror}") from error
                device.set("file", copy)
            case "nic":
                link = f"hub{device.slot}"
                _link(directory / link, root / (device.get("hub") or ".sockets/hub"))
                device.set("hub", link)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target.absolute())


def write_configuration(devices: list[Device], path: Path) -> None:
    lines = [" ".join([str(device.slot), device.name, *device.arguments]) for device in devices]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="surrogateescape")
