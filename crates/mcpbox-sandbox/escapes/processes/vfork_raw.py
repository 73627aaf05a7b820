# attack: the same by vfork; the child ends at once
# expect: EPERM
# layers: seccomp
# with: syscall
# only: x86_64
import mmap

VFORK_AND_EXIT = bytes.fromhex("5f b83a000000 0f05 57 85c0 7509 b83c000000 31ff 0f05 c3")


def main(canary):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(VFORK_AND_EXIT)
    answer = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    if answer < 0:
        raise OSError(-answer, os.strerror(-answer))
    return "forked"
