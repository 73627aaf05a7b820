# attack: look for secrets in the variables libc kept, past os.environ
# expect: LookupError
# layers: always
# with: syscall
def main(canary):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(_libc, "environ")
    index, found = 0, []
    while environ[index]:
        name = environ[index].partition(b"=")[0]
        if name.startswith((b"CARGO", b"RUST", b"NEXTEST", b"PATH", b"USER", b"SSH", b"SECRET")):
            found.append(environ[index].decode("latin-1"))
        index += 1
    if not found:
        raise LookupError("nothing of the host")
    return found
