"""Take system calls away from this process: no new process, no network, no signals.

A filter of the Linux kernel (seccomp) for the processors that most machines have.
It needs no rights, cannot be taken off again and holds for all that follows; so a
fork bomb fails at its first fork, with bubblewrap or without.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

__all__ = ["apply", "program"]

_EPERM, _ENOSYS, _NO_FAMILY = 1, 38, 97
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_CLONE_THREAD = 0x00010000
_AF_UNIX = 1

# Classic BPF: load a word, compare, test bits, return.
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

# Numbers of the calls, from the kernel's tables for each processor.
_CALLS: dict[str, dict[str, int]] = {
    "x86_64": {
        "socket": 41, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
        "ptrace": 101, "setpriority": 141, "mount": 165, "umount2": 166,
        "tkill": 200, "add_key": 248, "request_key": 249, "keyctl": 250,
        "unshare": 272, "perf_event_open": 298, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "bpf": 321, "execveat": 322, "userfaultfd": 323,
        "pidfd_send_signal": 424, "io_uring_setup": 425, "clone3": 435,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "unshare": 97, "ptrace": 117, "kill": 129,
        "tkill": 130, "setpriority": 140, "socket": 198, "add_key": 217,
        "request_key": 218, "keyctl": 219, "clone": 220, "execve": 221,
        "perf_event_open": 241, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "bpf": 280, "execveat": 281, "userfaultfd": 282,
        "pidfd_send_signal": 424, "io_uring_setup": 425, "clone3": 435,
    },
}  # fmt: skip
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def program(machine: str) -> bytes:
    """Write the filter for a processor, 8 bytes an instruction.

    Parameters
    ----------
    machine : {"x86_64", "aarch64"}

    Returns
    -------
    bytes

    Examples
    --------
    >>> len(program("x86_64")) % 8
    0
    """
    calls = dict(_CALLS[machine])

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    deny = step(_RETURN, _ERRNO | _EPERM)
    allow = step(_RETURN, _ALLOW)
    parts = [
        step(_LOAD, 4),  # the architecture: a call's number means nothing without
        step(_EQUAL, _ARCHITECTURES[machine], 1, 0),
        step(_RETURN, _KILL),
        step(_LOAD, 0),  # the number of the call
    ]
    if machine == "x86_64":  # its second table of calls
        parts += [step(_AT_LEAST, 0x40000000, 0, 1), deny]
    # Its flags stand in memory, out of a filter's reach; C libraries fall back.
    parts += [step(_EQUAL, calls.pop("clone3"), 0, 1), step(_RETURN, _ERRNO | _ENOSYS)]
    # Threads yes, processes no.
    parts += [
        step(_EQUAL, calls.pop("clone"), 0, 4),
        step(_LOAD, 16),
        step(_BITS, _CLONE_THREAD, 1, 0),
        deny,
        allow,
    ]
    # Sockets of this machine yes (the kernel talks by them), of a network no.
    parts += [
        step(_EQUAL, calls.pop("socket"), 0, 4),
        step(_LOAD, 16),
        step(_EQUAL, _AF_UNIX, 1, 0),
        step(_RETURN, _ERRNO | _NO_FAMILY),
        allow,
    ]
    for number in calls.values():
        parts += [step(_EQUAL, number, 0, 1), deny]
    parts.append(allow)
    return b"".join(parts)


def apply() -> bool:
    """Put the filter on this process, on all of its threads.

    Returns
    -------
    bool
        Whether this system and processor can.
    """
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine()
    )
    if sys.platform != "linux" or machine not in _CALLS or sys.maxsize < 2**32:
        return False
    code = program(machine)
    libc = ctypes.CDLL(None, use_errno=True)

    class Program(ctypes.Structure):
        _fields_ = (("count", ctypes.c_ushort), ("code", ctypes.c_char_p))

    held = Program(len(code) // 8, code)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    if libc.prctl(no_new_privileges, 1, 0, 0, 0):
        return False
    seccomp = {"x86_64": 317, "aarch64": 277}[machine]
    return not libc.syscall(seccomp, set_filter, all_threads, ctypes.byref(held))
