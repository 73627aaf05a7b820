# attack: start threads that need no memory at all, in machine code, until no other call can start
# expect: EAGAIN
# layers: cgroup
# only: x86_64
import ctypes
import mmap
import os

CLONE_AND_PAUSE = bytes.fromhex(
    "53 4154 4889fb 4189f4 b838000000 bf000f0500 4889de 31d2 4531d2 4531c0 0f05 4885c0 740b 7805 41ffcc 75dd 415c 5b c3"
    "b822000000 0f05 ebf7"
)

# Threads that have not begun yet need their code after `main` has ended.
KEPT = []


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(CLONE_AND_PAUSE)
    KEPT.append(page)
    base = ctypes.addressof(ctypes.c_char.from_buffer(page))
    start = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long)(base)
    answer = start(base + 4000, 6000)
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))
    return "6000 threads"
