"""Process 1 of a jail: forks one child per call when the supervisor asks, and reports how each ended.

Runs no tool code (only `main` functions written here, to warm up) and reads nothing a tool wrote. Started by the jail with the
control socket on descriptor 3 and the Landlock ruleset on 4. Ends when the control socket closes, and with it every process of the jail.

Control messages (SOCK_SEQPACKET): in `F1`/`F0` + [call socket, output pipe, control groups …] forks a child that rehearses or not; out
`P <pid>` + [pidfd], `E <reason>`, `X <pid> <wait status> <cpu microseconds> <peak KiB>`, `R` when ready.
"""

import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import array
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
FDS_MAX = 4
ANCILLARY_MAX = _socket.CMSG_SPACE(4 * FDS_MAX)
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

    def serve(self) -> None:
        """In one function, with all it uses at hand: each object that is looked up or made between two forks is on a page that
        this process copies once more."""
        control, jail, channel = self.control, self.jail, self.channel
        receive, send, send_with, refuse = control.recvmsg, control.send, control.sendmsg, self._refuse
        fork, open_pidfd, close, wait4 = os.fork, pidfd_open, os.close, os.wait4
        own, readable, poll = control.fileno(), select.POLLIN, select.poll()
        poll.register(own, readable)
        ready, watch, forget = poll.poll, poll.register, poll.unregister
        children: dict[int, int] = {}
        pid_of = children.pop
        numbers = [struct.Struct(f"{count}i").unpack for count in range(FDS_MAX + 1)]
        pidfd = array.array("i", [0])
        rights = [(_socket.SOL_SOCKET, SCM_RIGHTS, pidfd)]
        send(b"R")
        while True:
            for fd, _ in ready():
                if fd != own:
                    pid, status, usage = wait4(pid_of(fd), 0)
                    forget(fd)
                    close(fd)
                    send(b"X %d %d %d %d" % (pid, status, (usage[0] + usage[1]) * 1_000_000, usage[2]))
                    continue
                message, ancillary, _, _ = receive(MESSAGE_MAX, ANCILLARY_MAX)
                if not message:
                    os._exit(0)  # the supervisor is gone
                data = ancillary[0][2]
                fds = numbers[len(data) >> 2](data)
                try:
                    pid = fork()
                except OSError as error:
                    refuse(error)
                else:
                    if pid == 0:
                        become_child(jail, channel, fds, message == b"F1")
                    pidfd[0] = open_pidfd(pid)
                    children[pidfd[0]] = pid
                    watch(pidfd[0], readable)
                    send_with((b"P %d" % pid,), rights)
                for fd in fds:
                    close(fd)

    def _refuse(self, error: OSError) -> None:
        self.control.send(b"E %a" % error.strerror)


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
