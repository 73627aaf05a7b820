# attack: switch the processor to 32-bit mode and call the kernel from there
# expect: forbidden system call
# layers: seccomp
# only: x86_64
import ctypes
import mmap
import struct

LOW_4_GB = 0x40


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | LOW_4_GB, 7)
    base = ctypes.addressof(ctypes.c_char.from_buffer(page))
    at = lambda offset: struct.pack("<I", base + offset)  # noqa: E731
    keep_stack = b"\x48\x89\x24\x25" + at(0x800) + b"\xbc" + at(0xF00)
    to_32_bit = b"\x6a\x23\x68" + at(0x100) + b"\x48\xcb"
    getpid = b"\xb8\x14\0\0\0\xcd\x80"
    to_64_bit = b"\x6a\x33\x68" + at(0x200) + b"\xcb"
    back = b"\x48\x8b\x24\x25" + at(0x800) + b"\xc3"
    for offset, code in ((0, keep_stack + to_32_bit), (0x100, getpid + to_64_bit), (0x200, back)):
        page[offset : offset + len(code)] = code
    return ctypes.CFUNCTYPE(ctypes.c_int)(base)()
