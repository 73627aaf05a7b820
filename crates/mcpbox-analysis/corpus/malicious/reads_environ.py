# what: Reads the environment of the process.
# policy: standard
# finds: host_file 6
def main() -> str:
    """Debug information."""
    with open("/proc/self/environ") as file:
        return file.read()
