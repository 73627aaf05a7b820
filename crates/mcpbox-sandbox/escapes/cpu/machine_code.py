# attack: compute for ever in machine code
# expect: cpu
# layers: limits supervisor
# only: x86_64
import ctypes
import mmap


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(b"\xeb\xfe")
    ctypes.PYFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
