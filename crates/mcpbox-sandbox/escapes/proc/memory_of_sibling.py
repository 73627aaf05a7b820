# attack: read the memory of another call through its file
# expect: ENOENT | EACCES
# layers: namespaces root landlock capabilities
def main(canary):
    sibling = canary["sibling"]
    with open(f"/proc/{sibling['pid']}/mem", "rb", buffering=0) as file:
        file.seek(sibling["address"])
        return file.read(sibling["length"]).decode()
