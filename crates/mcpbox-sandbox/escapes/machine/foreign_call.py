# attack: call the kernel by its 32-bit door, whose numbers mean other calls
# expect: forbidden system call
# layers: seccomp
# only: x86_64
import ctypes
import mmap

INT_80_GETPID = bytes.fromhex("b814000000 cd80 c3")


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(INT_80_GETPID)
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
