# attack: change an argument in memory while the filter looks at it, from another thread
# expect: EPERM
# layers: seccomp
# with: syscall
import threading


def main(canary):
    family = ctypes.c_long(1)

    def flip():
        while True:
            family.value = 2 if family.value == 1 else 1

    threading.Thread(target=flip, daemon=True).start()
    for _ in range(2000):
        try:
            return syscall("socket", family, 1, 0)
        except PermissionError:
            continue
    raise PermissionError(1, "never got through")
