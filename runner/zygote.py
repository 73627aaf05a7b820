"""Process 1 of a jail: forks one child per call when the supervisor asks, and reports how each ended.

Runs no tool code (only `main` functions written here, to warm up) and reads nothing a tool wrote. Started by the jail with the
control socket on descriptor 3 and the Landlock ruleset on 4. Ends when the control socket closes, and with it every process of the jail.

Control messages (SOCK_SEQPACKET): in `F1`/`F0` + [call socket, output pipe, control groups …] forks a child that rehearses or not; out
`P <pid>` + [pidfd], `E <reason>`, `X <pid> <wait status> <cpu microseconds> <peak KiB>`, `R` when ready.
"""

import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import gc
import json
import os
import select
import struct
import _socket

import lockdown
import preload
import tool_runtime
from channel import Channel

MESSAGE_MAX = 256
ANCILLARY_MAX = _socket.CMSG_SPACE(4 * 4)  # four descriptors
# More than the interpreter wants to see before it specialises a function.
WARM_UP_RUNS = 32
# Python's own, where it was built with it: fewer pages that are copied after every fork than through ctypes.
pidfd_open = getattr(os, "pidfd_open", lockdown.pidfd_open)
SCM_RIGHTS = 1


def main() -> None:
    profile, policy = sys.argv[1], json.loads(sys.argv[2])
    del sys.argv[1:]
    jail = lockdown.Lockdown(policy)
    preload.load(profile, speaks_tls=policy["proxy"])
    tool_runtime.warm_up(WARM_UP_RUNS)
    jail.warm_up(WARM_UP_RUNS)
    zygote = Zygote(_socket.socket(fileno=policy["control"]), jail)
    # Objects made so far are never collected: children share their pages instead of copying them.
    gc.disable()
    gc.collect()
    gc.freeze()
    lockdown.tidy_heap()
    # A lock that another thread holds at a fork would be held in the child for ever.
    if not lockdown.is_single_threaded():
        sys.exit("the zygote has more than one thread")
    jail.settle()
    zygote.serve()


class Zygote:
    """Children are watched by their pidfds, not by signals: a child would have to forget the handlers."""

    def __init__(self, control: _socket.socket, jail: lockdown.Lockdown) -> None:
        self.control = control
        self.jail = jail
        self.channel = Channel(lockdown.CALL)
        self.children: dict[int, int] = {}
        self.poll = select.poll()
        self.poll.register(control.fileno(), select.POLLIN)

    def serve(self) -> None:
        self.control.send(b"R")
        while True:
            for fd, _ in self.poll.poll():
                if fd in self.children:
                    self.report_end(fd)
                else:
                    self.answer()

    def answer(self) -> None:
        message, ancillary, _, _ = self.control.recvmsg(MESSAGE_MAX, ANCILLARY_MAX)
        if not message:
            os._exit(0)  # the supervisor is gone
        fds: tuple[int, ...] = ()
        for _, kind, data in ancillary:
            if kind == SCM_RIGHTS:
                fds = struct.unpack(f"{len(data) // 4}i", data)
        if message[:1] == b"F" and len(fds) >= 2:
            self.fork(fds, message == b"F1")
        for fd in fds:
            os.close(fd)

    def fork(self, fds: tuple[int, ...], rehearse: bool) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self.control.send(b"E %a" % error.strerror)
            return
        if pid == 0:
            become_child(self.jail, self.channel, fds, rehearse)
        pidfd = pidfd_open(pid)
        self.children[pidfd] = pid
        self.poll.register(pidfd, select.POLLIN)
        self.control.sendmsg([b"P %d" % pid], [(_socket.SOL_SOCKET, SCM_RIGHTS, struct.pack("i", pidfd))])

    def report_end(self, pidfd: int) -> None:
        pid, status, usage = os.wait4(self.children.pop(pidfd), 0)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        cpu_us = int((usage.ru_utime + usage.ru_stime) * 1_000_000)
        self.control.send(b"X %d %d %d %d" % (pid, status, cpu_us, usage.ru_maxrss))


def become_child(jail: lockdown.Lockdown, channel: Channel, fds: tuple[int, ...], rehearse: bool) -> None:
    """Never returns: whatever happens here must not fall back into the zygote's loop."""
    code = 70
    try:
        jail.enter(fds[0], fds[1], fds[2:])
        code = tool_runtime.serve(channel, rehearse=rehearse, limited=jail.is_limited)
    except BaseException as error:  # noqa: BLE001 - fail closed, and say why
        try:
            tool_runtime.report_broken(channel, error)
        except BaseException:  # noqa: BLE001
            pass
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
