# what: Picks values out of JSON by a path.
import re


def walk(value, steps: list[str]):
    for step in steps:
        if isinstance(value, list):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value[step]
        else:
            raise LookupError(f"nothing is called {step}")
    return value


def main(document: str, path: str) -> str:
    """Read a value from a JSON document: path a.b[0].c"""
    steps = [step for step in re.split(r"[.\[\]]+", path) if step]
    return json.dumps(walk(json.loads(document), steps), ensure_ascii=False)
