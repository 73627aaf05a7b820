# attack: make a process by the 32-bit door; the child ends at once
# expect: forbidden system call
# layers: seccomp
# only: x86_64
import ctypes
import mmap

INT_80_FORK = bytes.fromhex("53 b802000000 cd80 85c0 7509 b801000000 31db cd80 5b c3")


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(INT_80_FORK)
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
