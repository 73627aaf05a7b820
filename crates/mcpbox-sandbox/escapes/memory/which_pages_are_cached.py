# attack: learn from the page cache what other calls have read lately
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    path = os.__file__
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        address = syscall("mmap", 0, size, 1, 2, file.fileno(), 0)
    pages = ctypes.create_string_buffer(size // 4096 + 1)
    syscall("mincore", address, size, pages)
    return list(pages.raw)
