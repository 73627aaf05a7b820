"""Process 1 of a jail: forks one child per call when the supervisor asks, and reports how each ended.

Runs no tool code (only `main` functions written here, to warm up) and reads nothing a tool wrote. Started by the jail with the control socket on descriptor 3 and the
Landlock ruleset on 4. Ends when the control socket closes, and with it every process of the jail.

Control messages (SOCK_SEQPACKET): in `F1`/`F0` + [call socket, output pipe, control groups …] forks a child that rehearses or not; out
`P <pid>` + [pidfd], `E <reason>`, `X <pid> <wait status> <cpu microseconds> <peak KiB>`, `R` when ready.
"""

import sys

sys.path.insert(0, __file__.rpartition("/")[0])

import gc
import json
import os
import select
import _signal as signal
import _socket
import array

import lockdown
import preload
import tool_runtime

MESSAGE_MAX = 256
FDS_MAX = 4
# More than the interpreter wants to see before it specialises a function.
WARM_UP_RUNS = 32
SCM_RIGHTS = 1


def main() -> None:
    profile, policy = sys.argv[1], json.loads(sys.argv[2])
    del sys.argv[1:]
    jail = lockdown.Lockdown(policy)
    preload.load(profile, speaks_tls=policy["proxy"])
    tool_runtime.warm_up(WARM_UP_RUNS)
    jail.warm_up(WARM_UP_RUNS)
    for _ in range(WARM_UP_RUNS):
        forget_signals()
    control = _socket.socket(fileno=policy["control"])
    wake = watch_children()
    # Objects made so far are never collected: children share their pages instead of copying them.
    gc.disable()
    gc.collect()
    gc.freeze()
    lockdown.tidy_heap()
    jail.settle()
    control.send(b"R")
    serve(control, wake, jail)


def watch_children() -> int:
    """A pipe that becomes readable when a child ends, without the race a blocking wait would have."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def serve(control: _socket.socket, wake: int, jail: lockdown.Lockdown) -> None:
    poll = select.poll()
    poll.register(control.fileno(), select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == wake:
                os.read(wake, 4096)
                report_ends(control)
            else:
                answer(control, jail)


def answer(control: _socket.socket, jail: lockdown.Lockdown) -> None:
    message, ancillary, _, _ = control.recvmsg(MESSAGE_MAX, _socket.CMSG_SPACE(4 * FDS_MAX))
    if not message:
        os._exit(0)  # the supervisor is gone
    fds = array.array("i")
    for _, kind, data in ancillary:
        if kind == SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % 4])
    if message[:1] == b"F" and len(fds) >= 2:
        fork(control, jail, fds, rehearse=message == b"F1")
    for fd in fds:
        os.close(fd)


def fork(control: _socket.socket, jail: lockdown.Lockdown, fds: "array.array[int]", *, rehearse: bool) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        control.send(b"E %a" % error.strerror)
        return
    if pid == 0:
        become_child(jail, fds, rehearse=rehearse)
    pidfd = lockdown.pidfd_open(pid)
    control.sendmsg([b"P %d" % pid], [(_socket.SOL_SOCKET, SCM_RIGHTS, array.array("i", [pidfd]))])
    os.close(pidfd)


def become_child(jail: lockdown.Lockdown, fds: "array.array[int]", *, rehearse: bool) -> None:
    """Never returns: whatever happens here must not fall back into the zygote's loop."""
    code = 70
    try:
        forget_signals()
        jail.enter(fds[0], fds[1], fds[2:])
        code = tool_runtime.serve(lockdown.CALL, rehearse=rehearse, limited=jail.is_limited)
    except BaseException as error:  # noqa: BLE001 - fail closed, and say why
        try:
            tool_runtime.report_broken(lockdown.CALL, error)
        except BaseException:  # noqa: BLE001
            pass
    finally:
        os._exit(code)


def forget_signals() -> None:
    """A child has no children to hear of."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def report_ends(control: _socket.socket) -> None:
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        cpu_us = int((usage.ru_utime + usage.ru_stime) * 1_000_000)
        control.send(b"X %d %d %d %d" % (pid, status, cpu_us, usage.ru_maxrss))


if __name__ == "__main__":
    main()
