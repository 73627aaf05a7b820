# what: Fetches a builtin through the namespace.
# policy: standard
# finds: forbidden_builtin 6
def main(text: str) -> str:
    """Render a text."""
    tool = globals()["__builtins__"]
    return str(tool)
