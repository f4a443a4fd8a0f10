"""`dexter doctor` and `dexter list-debuggers`: what this machine can do."""

from __future__ import annotations

import argparse


def add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = commands.add_parser("doctor", help="say what this machine can do, and what mends what it cannot")
    doctor.set_defaults(command=_doctor)


def add_list_debuggers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    debuggers = commands.add_parser("list-debuggers", help="the debuggers, and whether they can be used")
    debuggers.set_defaults(command=_list_debuggers)


def _doctor(_arguments: argparse.Namespace) -> int:
    from dexverify import doctor

    found = doctor.capabilities()
    print(doctor.render(found))
    return 0 if doctor.host_is_usable(found) else 1


def _list_debuggers(_arguments: argparse.Namespace) -> int:
    from dexverify import doctor

    for capability in doctor.debuggers():
        print(capability)
    return 0
