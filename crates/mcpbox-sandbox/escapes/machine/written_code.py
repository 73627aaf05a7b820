# attack: make a forbidden call from machine code written just now, past ctypes and libc
# expect: EPERM
# layers: seccomp
# only: x86_64
import ctypes
import mmap
import os

SOCKET = bytes.fromhex("b829000000 bf02000000 be01000000 31d2 0f05 c3")


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 3)
    page.write(SOCKET)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), 4096, 5)
    answer = ctypes.CFUNCTYPE(ctypes.c_long)(address)()
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))
    return answer
