# what: The caller names the file.
# policy: standard
# finds: computed_path 6
def main(name: str) -> str:
    """Read a template."""
    with open("/tmp/templates/" + name) as file:
        return file.read()
