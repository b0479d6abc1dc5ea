"""Taking from a process all that decoding does not need, for good.

On Linux a filter on system calls is left in force: no file is opened, no connection made, no program started. What is
not on the list fails; what has no filter (another system or processor) still has the limits.
"""

import ctypes
import os
import platform
import resource
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 38, 22, 4
_MODE_FILTER = 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16
# Audit name of the machine, then numbers: what memory, threads, time and the socket that is open already need.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        # read write close fstat poll lseek mmap mprotect munmap brk sigaction sigprocmask sigreturn sched_yield mremap
        # madvise nanosleep getpid sendto recvfrom sendmsg recvmsg exit uname fcntl gettimeofday getrusage sysinfo
        # times sigaltstack gettid futex sched_getaffinity set_tid_address restart clock_gettime clock_getres
        # clock_nanosleep exit_group ppoll set_robust_list getcpu getrandom membarrier rseq
        (0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 39, 44, 45, 46, 47, 60, 63, 72, 96, 98, 99, 100,
         131, 186, 202, 204, 218, 219, 228, 229, 230, 231, 271, 273, 309, 318, 324, 334),
        # clone, clone3, tgkill, prlimit64
        (56, 435, 234, 302),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 124, 216, 233, 101, 172, 206, 207, 211, 212, 93, 160,
         25, 169, 165, 179, 153, 132, 178, 98, 123, 96, 128, 113, 114, 115, 94, 73, 99, 168, 278, 283, 293),
        (220, 435, 131, 261),
    ),
}  # fmt: skip


def limit(*, memory: int) -> None:
    """Bound what this process may take from here on: `memory` bytes more than it has, no files, no core."""
    with open("/proc/self/statm" if sys.platform == "linux" else os.devnull) as file:
        pages = int((file.read().split() or ["0"])[0])
    most = pages * resource.getpagesize() + memory
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def allow_seconds(seconds: int) -> None:
    """Let the system end this process after so many more seconds of processor time."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    until = int(spent.ru_utime + spent.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def confine() -> bool:
    """Leave only what decoding needs; False where this system or processor has no such filter."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    program = _program(*machine)
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filtering = Program(len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filtering), 0, 0) == 0)


def _program(audit: int, plain: tuple[int, ...], special: tuple[int, int, int, int]) -> bytes:
    """The filter, in the system's own little language: load a word, compare, skip so many lines, or return."""
    clone, clone3, tgkill, prlimit = special
    refuse, allow = _line(_RETURN, _ERRNO | _EPERM), _line(_RETURN, _ALLOW)
    lines = [_line(_LOAD, _AT_MACHINE), _line(_EQUAL, audit, 1, 0), refuse, _line(_LOAD, _AT_NUMBER)]
    for number in plain:
        lines += [_line(_EQUAL, number, 0, 1), allow]
    # Its flags lie in memory, which a filter cannot read: libraries then start threads by the older call.
    lines += [_line(_EQUAL, clone3, 0, 1), _line(_RETURN, _ERRNO | _ENOSYS)]
    # A thread, but no process; a signal to itself, but to nobody else; its own limits.
    lines += [_line(_EQUAL, clone, 0, 4), _line(_LOAD, _AT_FIRST_ARGUMENT), _line(_ANY_BIT, _CLONE_THREAD, 0, 1), allow]
    lines += [refuse]
    for number, first in ((tgkill, os.getpid()), (prlimit, 0)):
        lines += [_line(_EQUAL, number, 0, 4), _line(_LOAD, _AT_FIRST_ARGUMENT), _line(_EQUAL, first, 0, 1), allow]
        lines += [refuse]
    return b"".join([*lines, refuse])


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
